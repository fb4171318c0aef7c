// HMAC-SHA-256 over "id.timestamp.body" with the Base64 key after "whsec_"; header: space-separated "v1,<base64>"
Mac mac = Mac.getInstance("HmacSHA256");
mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.substring(6)), "HmacSHA256"));
byte[] ours = mac.doFinal((id + "." + timestamp + "." + body).getBytes(StandardCharsets.UTF_8));
boolean good = Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) <= 300
    && Arrays.stream(signature.split(" ")).filter(s -> s.startsWith("v1,"))
        .anyMatch(s -> MessageDigest.isEqual(ours, Base64.getDecoder().decode(s.substring(3))));

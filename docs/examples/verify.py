from standardwebhooks.webhooks import Webhook  # checks signature and timestamp (±5 minutes)

event = Webhook(secret).verify(body, headers)

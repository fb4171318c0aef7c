// Word 版式: the letter as its own Word file lays it out, drawn by docx-preview. Nothing of it is loaded before somebody
// asks. The library's style elements stay outside the page, whose policy forbids them; what they say is adopted.

const load = (src) =>
  new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src, onload: resolve, onerror: reject });
    document.head.append(script);
  });

async function draw({ exact, libraries }, into) {
  for (const src of libraries.split(" ")) await load(src);
  const answer = await fetch(exact);
  if (!answer.ok) throw new Error(answer.statusText);
  const styles = document.createElement("div");
  await window.docx.renderAsync(await answer.blob(), into, styles, { useBase64URL: true });
  // Letters within a page: their heads and feet are not the page's, and the only picture is the QR code.
  for (const part of into.querySelectorAll("section, article, header, footer")) part.role = "presentation";
  for (const picture of into.querySelectorAll("img")) picture.alt = "核验二维码";
  for (const { textContent } of styles.querySelectorAll("style")) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(textContent);
    document.adoptedStyleSheets.push(sheet);
  }
}

for (const button of document.querySelectorAll("[data-exact]")) {
  const [plain, word, said] = ["#plain", "#word", "#word-said"].map((one) => document.querySelector(one));
  let drawn = null;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const show = button.getAttribute("aria-pressed") !== "true";
    said.textContent = show && !drawn ? "正在打开…" : "";
    try {
      if (show) await (drawn ??= draw(button.dataset, word.firstElementChild));
      button.setAttribute("aria-pressed", String(show));
      [plain.hidden, word.hidden] = [show, !show];
      said.textContent = show ? "按本机字体显示，不分页；分页和版记位置以 PDF 或 Word 打印为准。" : "";
    } catch {
      drawn = null;
      said.textContent = "没有打开，请下载 Word 查看。";
    }
  });
}

// A cell that runs, in anybody's page, by one tag: <script src="…/embed.js">code</script>. Without code in it, every
// element of class `nnrepl` becomes such a cell.
(() => {
  const own = document.currentScript;
  const frames = [];
  addEventListener("message", ({ source, data }) => {
    const frame = frames.find((frame) => frame.contentWindow === source);
    if (frame && data?.nnrepl) frame.style.height = `${Math.ceil(data.nnrepl)}px`;
  });
  const put = (element) => {
    const code = element.textContent.replace(/^\n+|\s+$/g, "") + "\n";
    const frame = document.createElement("iframe");
    const bytes = String.fromCharCode(...new TextEncoder().encode(code));
    frame.src = `${new URL("cell.html", own.src)}#code=${btoa(bytes)}`;
    frame.title = "A program that runs";
    frame.style.cssText = "width: 100%; border: 0; height: 12rem";
    frames.push(frame);
    if (element === own) element.after(frame);
    else element.replaceWith(frame);
  };
  if (own.textContent.trim()) return put(own);
  const all = () => document.querySelectorAll(".nnrepl").forEach(put);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", all);
  else all();
  return undefined;
})();

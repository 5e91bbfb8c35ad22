// Asks the server now and then whether there is a newer page.
const shown = document.getElementById("version").textContent;
const look = async () => {
  try {
    const answer = await fetch("/version");
    if (answer.ok && (await answer.text()) !== shown) return location.reload();
  } catch { /* The server has ended, or will be back. */ }
  setTimeout(look, 500);
};
setTimeout(look, 500);

// Leaves of the list what has every word of the query; without it the list is whole.
const query = document.getElementById("query"), found = document.getElementById("found");
const entries = [...document.querySelectorAll(".entry")], topics = [...document.querySelectorAll(".topic")];
document.getElementById("search").hidden = false;
const words = entries.map((entry) => entry.textContent.toLowerCase());
const search = () => {
  const parts = query.value.toLowerCase().split(/\s+/).filter((part) => part);
  let count = 0;
  entries.forEach((entry, i) => {
    entry.hidden = !parts.every((part) => words[i].includes(part));
    if (!entry.hidden) count += 1;
  });
  for (const topic of topics) topic.hidden = !topic.querySelector(".entry:not([hidden])");
  found.textContent = parts.length ? ` ${count} of ${entries.length}` : "";
};
query.addEventListener("input", search);
search();

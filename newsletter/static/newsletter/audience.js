// Counts the readers of an announcement anew when its audience is chosen differently.
const NAMES = ["topics", "groups", "languages"];
const PATIENCE = 250; // milliseconds after the last click

for (const place of document.querySelectorAll("[data-audience]")) {
  const form = place.closest("form");
  const output = place.querySelector("[data-audience-count]");
  let timer;
  let request;

  const count = async () => {
    request?.abort();
    request = new AbortController();
    const typed = new FormData(form);
    const query = new URLSearchParams(
      NAMES.flatMap((name) => typed.getAll(name).map((value) => [name, value])),
    );
    try {
      const answer = await fetch(`${place.dataset.url}?fragment&${query}`, { signal: request.signal });
      if (answer.ok) output.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };

  form?.addEventListener("change", ({ target }) => {
    if (!NAMES.includes(target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(count, PATIENCE);
  });
}

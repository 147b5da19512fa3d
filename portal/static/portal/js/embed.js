// Click to load: the third party hears nothing before the visitor asks. Without JavaScript the link leads there.
for (const link of document.querySelectorAll("a[data-embed]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // wants another tab
    event.preventDefault();
    const frame = document.createElement("iframe");
    frame.title = link.dataset.title;
    frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.src = link.dataset.embed;
    (link.closest(".embed-poster") ?? link).replaceWith(frame);
    frame.focus();
  });
}

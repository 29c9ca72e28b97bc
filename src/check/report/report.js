const form = document.querySelector(".filters");
function apply() {
  const wanted = new Set(new FormData(form).getAll("verdict"));
  const group = form.elements.group.value;
  for (const section of document.querySelectorAll("section[data-group]")) {
    let any = false;
    for (const article of section.querySelectorAll("article")) {
      const shown = wanted.has(article.dataset.verdict) && (!group || section.dataset.group === group);
      article.hidden = !shown;
      any ||= shown;
    }
    section.hidden = !any;
  }
}
form.addEventListener("change", apply);
apply();

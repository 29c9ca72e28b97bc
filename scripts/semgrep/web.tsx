// Matches and non-matches of the rules in web.yaml; never built.
export function Examples({ body }: { body: string }) {
  // ruleid: html-from-text
  const unsafe = <div dangerouslySetInnerHTML={{ __html: body }} />;
  // ok: html-from-text
  const safe = <div>{body}</div>;
  // ruleid: html-from-text
  element.innerHTML = body;
  // ok: html-from-text
  element.textContent = body;
  // ruleid: code-from-text
  eval(body);
  // ruleid: leaves-the-origin
  fetch("https://example.com/");
  // ok: leaves-the-origin
  fetch("/api/v1/portal/me");
  return [unsafe, safe];
}

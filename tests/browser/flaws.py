"""What is wrong with a page that a browser shows: barriers (axe), and words that do not fit."""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALSO = {"color-contrast-enhanced": {"enabled": True}}
LONG_WORD = "Immunofenotipizzazione-e-internazionalizzazione"
# Lines of text that end beyond the right edge of the window, where nobody sees them.
CUT_OFF = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const cut = [];
  while (texts.nextNode()) {
    if (texts.currentNode.parentElement.closest(".vh")) continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const right = Math.max(...[...range.getClientRects()].map(box => box.right));
    if (right > innerWidth) cut.push(`cut off: ${range}`);
  }
  return cut;
}"""


def violations(page, axe: str, rules: dict | None = None) -> list[str]:
    """What axe finds; ``rules`` switches single rules on or off."""
    page.evaluate(axe)  # by the debugger's protocol, which the page's policy does not bind
    found = page.evaluate(
        "([only, rules]) => axe.run({runOnly: only, rules})", [RULES, ALSO | (rules or {})]
    )
    return [f"{v['id']}: {node['target']}" for v in found["violations"] for node in v["nodes"]]


def too_wide(page) -> list[str]:
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{overflow} px too wide"] if overflow > 0 else []


def flaws(page, axe: str) -> list[str]:
    """All of it, also with a very long word in the heading."""
    found = violations(page, axe) + too_wide(page)
    page.locator("h1").evaluate("(title, word) => { title.prepend(word, ' '); }", LONG_WORD)
    return found + page.evaluate(CUT_OFF)

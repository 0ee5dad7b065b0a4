# SPDX-License-Identifier: MIT
"""form-look.py OUT PAGE...: looks at the pages in headless Chromium.

Writes OUT (a picture of all of them) and prints one line for each page: how
many controls are seen, how many radio buttons were pressed, and what was wrong
then. A page is looked at 360 and 900 pixels wide.
"""
import html
import json
import re
import subprocess
import sys
import tempfile

LOOK = r"""
const seen = e => e.checkVisibility();
function look(doc, wide) {
  const bad = [], say = s => { if (!bad.includes(s)) bad.push(s) };
  const fields = [...doc.querySelectorAll(
      "input:not([type=hidden]), select, textarea")];
  const shown = fields.filter(seen).length;
  doc.querySelectorAll("details").forEach(d => d.open = true);
  const root = doc.documentElement;
  if (root.scrollWidth > root.clientWidth) say("wider than " + wide);
  let pressed = 0;
  for (const r of doc.querySelectorAll("input[type=radio]")) {
    const group = [...doc.querySelectorAll("input[type=radio]")]
        .filter(x => x.name === r.name);
    r.click(); pressed++;
    for (const x of group) {
      const v = x.parentNode.querySelector(":scope > .variant");
      if (v && seen(v) && x !== r) say("shown, not chosen: " + x.name);
      if (v && !seen(v) && x === r && seen(x)) say("chosen, not shown");
    }
  }
  for (const e of fields.filter(seen)) {
    const box = e.getBoundingClientRect();
    if (box.width < 10 || box.height < 10) say("small: " + e.name);
    if (!e.labels.length || !seen(e.labels[0])) say("no label: " + e.name);
    if (getComputedStyle(e).color === getComputedStyle(e).backgroundColor)
      say("cannot be read: " + e.name);
  }
  return [shown, pressed, bad];
}
addEventListener("load", () => {
  const out = [...document.querySelectorAll("iframe")].map(f =>
      look(f.contentDocument, f.width));
  document.getElementById("out").textContent = JSON.stringify(out);
});
"""


def chromium(*args):
    with tempfile.TemporaryDirectory() as home:
        r = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
             "--no-first-run", "--disable-dev-shm-usage",
             f"--user-data-dir={home}", *args], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=240)
    assert r.returncode == 0, r.returncode
    return r.stdout


def main():
    out, pages = sys.argv[1], sys.argv[2:]
    with tempfile.NamedTemporaryFile("w", suffix=".html") as f:
        f.write("<!DOCTYPE html><meta charset=utf-8><title>x</title>"
                f"<script>{LOOK}</script>")
        for page in pages:
            for width in 360, 900:
                text = html.escape(open(page).read())
                f.write(f'<iframe width={width} height=900 srcdoc="{text}">'
                        "</iframe>")
        f.write('<pre id="out"></pre>')
        f.flush()
        dom = chromium("--dump-dom", f"file://{f.name}")
        chromium(f"--screenshot={out}", "--window-size=1300,1900",
                 f"file://{f.name}")
    said = json.loads(html.unescape(re.search('<pre id="out">(.*?)</pre>',
                                              dom, re.S).group(1)))
    for page, narrow, wide in zip(pages, said[::2], said[1::2]):
        print(page.rpartition("/")[2], wide[0], wide[1],
              *sorted(set(narrow[2] + wide[2])))


main()

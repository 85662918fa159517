"""The report as one HTML file: no network, light and dark by the reader's setting, black on white when printed."""

import html

from labelreview.desk.report.blocks import (
    MOST,
    Block,
    Chapter,
    Facts,
    List,
    Picture,
    Report,
    Rows,
    Text,
    explained,
    glossary,
    rest,
    shown,
)
from labelreview.desk.triage.tables import title

STYLE = """
:root { color-scheme: light dark; --ground: #fcfbf8; --ink: #23262a; --quiet: #62676f; --line: #dcd8ce; --rust: #b4451f;
  --blue: #2f6fab; --band: #2f6fab33; --soft: #f2f0ea }
@media (prefers-color-scheme: dark) { :root { --ground: #16181b; --ink: #e9e7e2; --quiet: #a3a8b0; --line: #373b41;
  --rust: #f0977c; --blue: #7fb2e5; --band: #7fb2e533; --soft: #202328 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 56rem; padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word }
h1, h2 { font-family: Georgia, serif; font-weight: 500; line-height: 1.2; margin: 2rem 0 .6rem }
h1 { margin-top: .5rem } .sub { color: var(--quiet) }
.answer { font-size: 1.35rem; line-height: 1.35; border-left: 4px solid var(--rust); padding: .2rem 0 .2rem 1rem }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .86rem; margin: .8rem 0 }
th, td { max-width: 22rem; text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums } td.number { white-space: nowrap }
th[title] { text-decoration: underline dotted var(--quiet); cursor: help }
.facts td:first-child { min-width: 7rem } .facts td:last-child { min-width: 9rem }
.facts td:nth-child(2) { font-weight: 600; white-space: nowrap } .facts td:nth-child(3) { white-space: nowrap }
.facts td:last-child, figcaption, .note { color: var(--quiet); font-size: .85rem }
figure { margin: 1rem 0; overflow-x: auto } svg { width: 100%; height: auto; font: 12px system-ui, sans-serif }
svg text { fill: var(--ink) } svg .small { font-size: 11px } svg .end { text-anchor: end }
svg .mid { text-anchor: middle } svg .strong { font-weight: 600 } svg .wrong { fill: var(--rust) }
svg .right { fill: var(--blue) } svg .heat { fill: var(--rust) } svg .band { fill: var(--band) }
svg .grid { stroke: var(--line) } svg .target { stroke: var(--quiet); stroke-dasharray: 3 3; fill: none }
svg .range { stroke: var(--rust); stroke-width: 2 } svg .other { stroke: var(--blue) }
svg .share { stroke: var(--ink); stroke-width: 2; fill: none }
svg .found { stroke: var(--rust); stroke-width: 2; fill: none }
svg .forecast { stroke: var(--blue); stroke-width: 2; stroke-dasharray: 6 4; fill: none }
@media screen and (max-width: 40rem) { td { max-width: 9rem } svg { min-width: 34rem }
  td:first-child { min-width: 6rem; overflow-wrap: anywhere } .facts td:first-child { min-width: 0 }
  .facts, .facts tbody { display: block } .facts tr { display: grid; grid-template-columns:
  minmax(0, 1.4fr) minmax(0, 1fr) minmax(0, 1fr); gap: 0 .4rem } .facts td:nth-child(n) { white-space: normal }
  .facts tr:first-child { display: none } .facts td { max-width: none; border: 0; padding-bottom: 0 }
  .facts td:last-child { grid-column: 1 / -1; border-bottom: 1px solid var(--line); padding-bottom: .3rem } }
dl { columns: 24rem; font-size: .85rem; color: var(--quiet) }
dl div { break-inside: avoid } dt { font-weight: 600; color: var(--ink) } dd { margin: 0 0 .4rem }
@media print { :root { color-scheme: light; --ground: #fff; --ink: #000; --quiet: #444; --line: #bbb; --rust: #b4451f;
  --blue: #2f6fab; --band: #2f6fab33; --soft: #f4f4f4 } section, figure, tr { break-inside: avoid }
  section.long { break-inside: auto } h2 { break-after: avoid } body { font-size: 10.5pt }
  table { font-size: 7.5pt } td.number { white-space: normal } .wide, figure { overflow: visible } }
"""


def page(report: Report) -> str:
    """The whole file. All texts of the data are escaped; nothing in it is fetched."""
    chapters = "".join(_chapter(each) for each in report.chapters)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{_safe(report.title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<style>{STYLE}</style></head><body><h1>{_safe(report.title)}</h1><p class="sub">{_safe(report.subtitle)}</p>'
        f"{chapters}<section><h2>The words of the tables</h2>{_words(report)}</section></body></html>\n"
    )


def _chapter(chapter: Chapter) -> str:
    blocks = "".join(_block(block) for block in chapter.blocks)
    kind = ' class="long"' if any(isinstance(block, Rows) for block in chapter.blocks) else ""
    return f"<section{kind}><h2>{_safe(chapter.title)}</h2>{blocks}</section>"


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return f'<p class="answer">{_safe(block.words)}</p>' if block.strong else f"<p>{_safe(block.words)}</p>"
    if isinstance(block, List):
        return "<ul>" + "".join(f"<li>{_safe(entry)}</li>" for entry in block.entries) + "</ul>"
    if isinstance(block, Facts):
        rows = "".join("<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in row) + "</tr>" for row in block.rows)
        head = "<tr><th>What</th><th>Number</th><th>Interval (95 %)</th><th>What it says</th></tr>"
        return f'<div class="wide"><table class="facts">{head}{rows}</table></div>'
    if isinstance(block, Picture):
        named = block.svg.replace("<svg ", f'<svg aria-label="{_safe(block.words)}" ', 1)
        return f"<figure>{named}<figcaption>{_safe(block.words)}</figcaption></figure>"
    return _table(block)


def _table(block: Rows) -> str:
    rows = block.table.rows
    if not rows:
        return ""
    numeric = {name for name in block.columns if not isinstance(rows[0][name], str)}
    marked = [(name, ' class="number"' if name in numeric else "") for name in block.columns]
    head = "".join(f'<th title="{_safe(explained(name))}"{kind}>{_safe(title(name))}</th>' for name, kind in marked)
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{_safe(shown(name, row))}</td>" for name, kind in marked) + "</tr>"
        for row in rows[:MOST]
    )
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>{_rest(block)}'


def _rest(block: Rows) -> str:
    told = rest(block)
    return f'<p class="note">{_safe(told)}</p>' if told else ""


def _words(report: Report) -> str:
    told = "".join(f"<div><dt>{_safe(word)}</dt><dd>{_safe(told)}</dd></div>" for word, told in glossary(report))
    return f"<dl>{told}</dl>"


def _safe(words: str) -> str:
    return html.escape(words, quote=True)

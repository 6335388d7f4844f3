/// How the page of `HTMLPrinter` looks. Text on each colour has a contrast of at least 4.5 (WCAG 2, AA), light and dark;
/// `Tests/programs/test_highlight_page.py` computes it.
enum HTMLStyle {
  static let head = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Highlighted by Inkling</title>
    <style>
    :root { color-scheme: light dark;
      --text: #1b1c20; --page: #ffffff; --quiet: #5c6068; --link: #0b57b0; --line: #d5d8de; --sheet: #f1f4f9;
      --wave: #b3261e; --h0: #ffffff; --h1: #fff6dd; --h2: #ffebb8; --h3: #ffdc8c; --h4: #ffc96a; --h5: #ffb05c;
      --h6: #ff9558; --h7: #ff7d63; }
    @media (prefers-color-scheme: dark) { :root {
      --text: #eceef2; --page: #15171b; --quiet: #a3a9b4; --link: #8ab8ff; --line: #3a3f48; --sheet: #23272e;
      --wave: #ff8a80; --h0: #15171b; --h1: #241f14; --h2: #33290f; --h3: #45330c; --h4: #5b3d0b; --h5: #72450e;
      --h6: #874613; --h7: #98391d; } }
    * { box-sizing: border-box; }
    body { color: var(--text); background: var(--page); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto;
      max-width: 76rem; padding: 1rem; overflow-wrap: anywhere; }
    h1 { font-size: 1.4rem; margin: .5rem 0; }
    h2 { font: 600 1.05rem/1.4 ui-monospace, monospace; margin: 2.5rem 0 0; padding-top: 1rem;
      border-top: 1px solid var(--line); }
    a { color: var(--link); }
    a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
    summary { cursor: pointer; padding: .25rem 0; }
    .about { color: var(--quiet); margin: .25rem 0 .75rem; }
    nav ul { padding-left: 1.25rem; }
    .scale { display: flex; flex-wrap: wrap; list-style: none; margin: 0 0 .75rem; padding: 0;
      font: .8rem/1 ui-monospace, monospace; }
    .scale li { padding: .4rem .5rem; }
    .scale li[class] { border: 1px solid var(--line); margin: 0 -1px -1px 0; }
    .marks { padding-left: 0; list-style: none; margin: 0 0 1rem; }
    .marks li.mark { padding: .35rem 0; min-height: 2.3rem; border-top: 1px solid var(--line); }
    .note > a:first-child { display: inline-block; min-width: 6ch; margin-right: .5ch; font-family: ui-monospace, monospace; }
    .fixes { display: inline; padding: 0; }
    .fixes li { display: inline-block; color: var(--quiet); margin-left: .75rem; }
    .fixes ins { color: var(--text); text-decoration: none; font-weight: 600; }
    .note:not(:target) .fixes li:first-child, .note:not(:target) .back { display: none; }
    .note:target { position: fixed; z-index: 1; left: 0; right: 0; bottom: 0; max-height: 60vh; overflow: auto;
      padding: 1rem max(1rem, calc(50% - 37rem)); background: var(--sheet); border-top: 3px solid var(--link); }
    .note:target .fixes { display: block; margin: .5rem 0; }
    .note:target .fixes li { display: block; margin: 0; }
    .back { display: block; padding: .5rem 0; }
    pre { counter-reset: line; font: 14px/1.6 ui-monospace, monospace; margin: 0; tab-size: 4; }
    .l { display: block; position: relative; padding-left: 4.5em; white-space: pre-wrap; overflow-wrap: anywhere;
      counter-increment: line; }
    .l::before { content: counter(line); position: absolute; left: 0; width: 3.75em; text-align: right;
      color: var(--quiet); user-select: none; }
    .h0 { background: var(--h0); } .h1 { background: var(--h1); } .h2 { background: var(--h2); }
    .h3 { background: var(--h3); } .h4 { background: var(--h4); } .h5 { background: var(--h5); }
    .h6 { background: var(--h6); } .h7 { background: var(--h7); }
    .m { color: var(--text); font-weight: 700; border-radius: 2px; scroll-margin: 40vh 0;
      text-decoration: underline wavy var(--wave); text-underline-offset: .2em; }
    .m:target { outline: 3px solid var(--link); }
    @media (max-width: 40rem) {
      body { padding: .75rem; }
      pre { font-size: 13px; }
      .l { padding-left: 3.25em; }
      .l::before { width: 2.75em; } }
    @media print { .note:target { position: static; } }
    </style>
    </head>

    """
}

/** The style of every page. Colors have a contrast of at least 4.5 in both schemes, and no meaning is in a color alone. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --bg: #f5f6f8; --card: #ffffff; --ink: #1b2230; --soft: #535d70; --line: #dde1e8; --link: #1a4fc0; --focus: #1a4fc0;
  --good: #0a6135; --good-bg: #e4f4ea; --busy: #1c4aa6; --busy-bg: #e6eefc; --warn: #7d4400; --warn-bg: #fcf0da;
  --bad: #a81d19; --bad-bg: #fdeae8; --calm: #485264; --calm-bg: #edf0f4; --shadow: 0 1px 2px rgb(27 34 48 / 6%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #0f141b; --card: #171d27; --ink: #e6ebf3; --soft: #a5b0c2; --line: #29323f; --link: #8fb6ff; --focus: #8fb6ff;
    --good: #7fdca8; --good-bg: #12301f; --busy: #a3c6ff; --busy-bg: #172a49; --warn: #f3c581; --warn-bg: #392910;
    --bad: #ffa29c; --bad-bg: #421b1b; --calm: #b8c3d2; --calm-bg: #212a37; --shadow: none;
  }
}
* { box-sizing: border-box; }
html { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; background: var(--bg); color: var(--ink); }
body { margin: 0; }
a { color: var(--link); text-underline-offset: 2px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 0 0 .75rem; }
h2 small { font-weight: 400; color: var(--soft); margin-left: .35rem; }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; font-size: .88em; }
pre { margin: .5rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 24rem; overflow: auto; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; background: var(--card); padding: .5rem 1rem; z-index: 2; }
.skip:focus { top: .5rem; }
.bar { display: flex; align-items: center; gap: 1rem; padding: .75rem clamp(1rem, 4vw, 2.5rem); background: var(--card); border-bottom: 1px solid var(--line); }
.brand { display: inline-flex; align-items: center; gap: .5rem; font-weight: 650; color: var(--ink); text-decoration: none; }
.gate { width: 1.1rem; height: 1.1rem; border: 3px solid var(--link); border-bottom: 0; border-radius: 3px 3px 0 0; position: relative; }
.gate::after { content: ""; position: absolute; inset: 4px 3px 0; background: var(--link); }
.trail { display: flex; gap: .5rem; list-style: none; margin: 0; padding: 0; color: var(--soft); flex-wrap: wrap; }
.trail li + li::before { content: "/"; margin-right: .5rem; color: var(--soft); }
.mode { margin: 0 0 0 auto; color: var(--soft); font-size: .87rem; display: flex; gap: .5rem; align-items: center; }
main { max-width: 84rem; margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 4rem; }
.badge { border: 1px solid var(--line); border-radius: 999px; padding: .05rem .55rem; font-size: .8rem; color: var(--soft); white-space: nowrap; }
.pill { display: inline-flex; align-items: center; gap: .4rem; padding: .12rem .6rem .12rem .5rem; border-radius: 999px; font-size: .84rem; font-weight: 550; white-space: nowrap; }
.mark { width: .6em; height: .6em; flex: none; background: currentColor; border-radius: 50%; display: inline-block; }
.busy > .mark { background: none; border: .17em solid currentColor; }
.warn > .mark { border-radius: 0; clip-path: polygon(50% 0, 100% 100%, 0 100%); }
.bad > .mark { border-radius: 1px; transform: rotate(45deg) scale(.9); }
.calm > .mark { height: .18em; border-radius: 1px; }
.good { color: var(--good); } .busy { color: var(--busy); } .warn { color: var(--warn); } .bad { color: var(--bad); } .calm { color: var(--calm); }
.pill.good, .banner.good, .activity.good { background: var(--good-bg); } .pill.busy, .banner.busy, .activity.busy { background: var(--busy-bg); }
.pill.warn, .banner.warn, .problems.warn { background: var(--warn-bg); } .pill.bad, .problems.bad, .activity.bad { background: var(--bad-bg); }
.pill.calm { background: var(--calm-bg); }
.tools { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: center; margin-bottom: 1rem; }
.tools label { color: var(--soft); font-size: .9rem; display: inline-flex; align-items: center; gap: .4rem; }
.tools .search { flex: 1 1 18rem; }
input[type=search], input[type=text], select { font: inherit; color: var(--ink); background: var(--card); border: 1px solid #8a94a6; border-radius: 8px; padding: .45rem .7rem; width: 100%; min-height: 2.4rem; }
select { width: auto; max-width: 100%; }
::placeholder { color: var(--soft); opacity: 1; }
button, .button { font: inherit; font-weight: 550; display: inline-block; color: var(--ink); background: var(--card); border: 1px solid #8a94a6; border-radius: 8px; padding: .4rem .85rem; min-height: 2.4rem; cursor: pointer; text-decoration: none; }
button:hover, .button:hover { border-color: var(--link); color: var(--link); }
.primary { background: #1a4fc0; border-color: #1a4fc0; color: #fff; } .primary:hover { background: #163f99; color: #fff; }
.filters { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: .75rem; }
.filter { display: inline-flex; gap: .45rem; align-items: baseline; padding: .45rem .9rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card); color: var(--soft); text-decoration: none; box-shadow: var(--shadow); }
.filter b { color: var(--ink); font-size: 1.1rem; font-variant-numeric: tabular-nums; }
.filter:hover { border-color: var(--link); }
.filter[aria-current] { border-color: var(--link); box-shadow: inset 0 0 0 1px var(--link); color: var(--ink); }
.filter.failing b { color: var(--bad); } .filter.drifted b, .filter.held b { color: var(--warn); } .filter.waiting b { color: var(--busy); } .filter.ready b { color: var(--good); }
.count { color: var(--soft); font-size: .9rem; margin: 0 0 1rem; }
.group { margin-bottom: 1.75rem; }
.scroll { overflow-x: auto; }
.group > .scroll, .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); }
table { border-collapse: collapse; width: 100%; font-size: .93rem; }
thead th { text-align: left; font-weight: 550; color: var(--soft); font-size: .82rem; padding: .55rem .9rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
tbody th { font-weight: 600; text-align: left; }
tbody td, tbody th { padding: .55rem .9rem; vertical-align: top; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
.fleet { table-layout: fixed; min-width: 44rem; } .fleet th:nth-child(1) { width: 10.5rem; } .fleet th:nth-child(2) { width: 26%; } .fleet thead th:nth-child(4) { width: 7rem; } .fleet thead th:nth-child(5) { width: 20%; }
.fleet td, .fleet tbody th { overflow-wrap: anywhere; } .wide { min-width: 50rem; } h1 + .problems { margin-top: .75rem; }
.note, .by { display: block; font-weight: 400; font-size: .86rem; color: var(--soft); overflow-wrap: anywhere; }
.where, time { color: var(--soft); } .none { color: var(--soft); }
.head { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1rem; margin-bottom: 1.25rem; }
.actions { margin-left: auto; display: flex; flex-wrap: wrap; gap: .5rem; }
.columns { display: grid; grid-template-columns: minmax(17rem, 1fr) 2fr; gap: 1.25rem; align-items: start; margin-bottom: 1.25rem; }
.card { padding: 1.1rem 1.25rem; min-width: 0; } .card .scroll { margin: 0 -1.25rem -1.1rem; } .card td:first-child, .card th:first-child { padding-left: 1.25rem; }
dl { margin: 0; } .facts dl > div { display: grid; grid-template-columns: 5.5rem 1fr; gap: .75rem; padding: .3rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.tree, .tree ul, .changes, .problems { list-style: none; margin: 0; padding: 0; }
.tree ul { margin-left: .45rem; padding-left: 1.2rem; border-left: 1px solid var(--line); }
.node { display: flex; flex-wrap: wrap; gap: .1rem .55rem; align-items: baseline; padding: .3rem .25rem; border-radius: 6px; }
summary.node { cursor: pointer; } summary.node::-webkit-details-marker { display: none; } summary.node::after { content: ""; width: .45em; height: .45em; align-self: center; border: solid var(--soft); border-width: 0 .13em .13em 0; transform: rotate(-45deg); } details[open] > summary.node::after { transform: rotate(45deg); }
.node .kind { color: var(--soft); font-size: .86rem; } .node .name { font-weight: 550; overflow-wrap: anywhere; } .node .by { display: inline; }
.dot { display: inline-flex; width: .8rem; } .reason { order: 1; flex-basis: 100%; padding-left: 1.35rem; font-size: .89rem; overflow-wrap: anywhere; }
.banner, .activity, .problems { border-radius: 10px; padding: .65rem 1rem; margin: 0 0 1rem; overflow-wrap: anywhere; } .activity p { margin: 0; }
.problems li { padding: .2rem 0; } .problems strong { overflow-wrap: anywhere; } .remedy { display: block; color: var(--ink); }
.empty, .lead { color: var(--soft); } .lead { margin: .35rem 0 1.25rem; max-width: 46rem; }
.plan { margin: 1rem 0; } .change { border-top: 1px solid var(--line); padding: .65rem 0; } .change p { margin: 0; overflow-wrap: anywhere; }
.op { font-weight: 600; } .create .op { color: var(--good); } .update .op, .replace .op { color: var(--busy); } .prune .op { color: var(--bad); }
.fields { margin: .4rem 0 0 1.35rem; font-size: .92rem; } .fields dt { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .85rem; }
.fields del, .fields ins { display: block; font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .85rem; text-decoration: none; padding: .1rem .5rem; border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
.fields del { background: var(--bad-bg); color: var(--bad); } .fields del::before { content: "− "; } .fields ins { background: var(--good-bg); color: var(--good); } .fields ins::before { content: "+ "; }
.scroll.bare { background: none !important; border: 0 !important; box-shadow: none !important; }
.stages { display: flex; align-items: flex-start; gap: 2.25rem; list-style: none; margin: 0; padding: 2px; } .stages > li { flex: 1 1 19rem; min-width: 17rem; max-width: 30rem; display: grid; gap: 1rem; position: relative; }
.stages > li + li::before { content: ""; position: absolute; left: -1.5rem; top: 1.9rem; width: .6rem; height: .6rem; border: solid var(--soft); border-width: .15rem .15rem 0 0; transform: rotate(45deg); }
.stage .head { margin-bottom: .6rem; justify-content: space-between; gap: .4rem 1rem; } .stage h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; } .stage p { margin: 0 0 .5rem; overflow-wrap: anywhere; }
.versions, .reasons { margin: 0 0 .5rem; padding: 0; overflow-wrap: anywhere; } .versions { list-style: none; } .versions li { font-weight: 550; padding: .1rem 0; } .reasons { font-size: .92rem; padding-left: 1.1rem; }
.step { border-top: 1px solid var(--line); margin-top: .75rem; padding-top: .75rem; } .step > p .by { display: inline; } .edits { margin: .4rem 0 .75rem; } .edits > div + div { margin-top: .5rem; } .stage .buttons { flex-wrap: wrap; margin: 0; }
.confirm { display: grid; gap: 1rem; max-width: 46rem; margin-top: 1.25rem; } .confirm label { display: grid; gap: .3rem; font-weight: 550; } .confirm small { font-weight: 400; color: var(--soft); } .buttons { display: flex; gap: .6rem; margin: 0; }
@media (max-width: 52rem) {
  .columns { grid-template-columns: 1fr; } .actions { margin-left: 0; }
  .fleet { min-width: 0; } .fleet thead { position: absolute; left: 0; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; } .fleet, .fleet tbody, .fleet tr, .fleet td, .fleet tbody th { display: block; width: auto !important; }
  .fleet tr { padding: .7rem .9rem; border-bottom: 1px solid var(--line); } .fleet tr:last-child { border-bottom: 0; } .fleet td, .fleet tbody th { border: 0; padding: .1rem 0; }
  .stages { flex-direction: column; align-items: stretch; } .stages > li { min-width: 0; max-width: none; flex: none; } .stages > li + li::before { left: 50%; top: -1.55rem; transform: rotate(135deg); }
  .bar { flex-wrap: wrap; gap: .4rem 1rem; } .filter { padding: .35rem .7rem; }
}
@media (prefers-reduced-motion: no-preference) { .busy > .mark { animation: wait 2.4s ease-in-out infinite; } @keyframes wait { 50% { opacity: .35; } } }
`;

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M4 28V8a4 4 0 0 1 4-4h16a4 4 0 0 1 4 4v20h-5V9H9v19z" fill="#1a4fc0"/><path d="M12 13h8v15h-8z" fill="#6f97ea"/></svg>`;

/** The style and the script of an HTML page. */

import { createHash } from 'node:crypto';

/** The page's style: light and dark, on a phone and on paper. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;--red:#b42318;--green:#116329;--amber:#7d4e00;--accent:#0550ae}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9ea7b3;--line:#30363d;--card:#161b22;--red:#ff9b93;--green:#7ee787;--amber:#f2cc60;--accent:#79c0ff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:1rem clamp(.8rem,3vw,2rem);max-width:76rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:.2rem 0 .6rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
p{margin:.4rem 0}.soft{color:var(--soft);font-size:.9rem}
.badge{font-size:.95rem;font-weight:600;padding:.1rem .6rem;border:1px solid;border-radius:1rem;color:var(--green);vertical-align:.15em}
.badge.bad,.objection{color:var(--red)}
.sentence{margin:.8rem 0;font-size:1.1rem;font-weight:600;padding:.6rem .8rem;background:var(--card);border-left:4px solid var(--accent)}
.sentence.bad{border-color:var(--red)}
.objection{border-left:4px solid var(--red);background:var(--card);padding:.6rem .8rem;font-weight:600}
pre{background:var(--card);padding:.6rem;border:1px solid var(--line);border-radius:.3rem;white-space:pre-wrap;margin:.4rem 0;font-size:.85rem}
.pair{display:grid;gap:0 2.5rem}
@media (min-width:62rem){.pair{grid-template-columns:3fr 2fr}}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600;white-space:nowrap}
td:first-child{font-weight:600;white-space:nowrap}
meter{width:7rem;max-width:100%;height:1rem;vertical-align:-.15rem}
.revoke{color:var(--red)}.downgrade{color:var(--amber)}.upgrade,.grant,.approve{color:var(--green)}
.entry{border-bottom:1px solid var(--line);padding:.35rem 0;content-visibility:auto;contain-intrinsic-size:auto 3.6rem}
.entry small{display:block;color:var(--soft);font-size:.9rem}
.entry>p{margin:.15rem 0 .15rem 1.1rem;color:var(--soft);font-size:.9rem}
.entry b{margin-right:.4rem}
summary{cursor:pointer}
summary small{margin-left:1.1rem}
.fold>summary{color:var(--accent);padding:.3rem 0}
.search{margin-top:1.4rem}
label{display:block;font-weight:600}
input{font:inherit;width:100%;padding:.5rem;border:1px solid var(--soft);border-radius:.3rem;background:var(--bg);color:var(--fg)}
summary:focus-visible,input:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
[hidden]{display:none!important}
@media (max-width:40rem){thead{display:none}tbody,tr,td{display:block}td{border:0;padding:.05rem 0}td:first-child{white-space:normal}td[data-title]:not(:first-child)::before{content:attr(data-title) ": ";color:var(--soft)}tr{border-bottom:1px solid var(--line);padding:.4rem 0}}
@media print{:root{color-scheme:light;--bg:#fff;--fg:#000;--soft:#444;--line:#bbb;--card:#fff;--red:#8a1410;--green:#0b4a1e;--amber:#5c3a00;--accent:#000}
body{max-width:none;padding:0;font-size:11pt}.search,.fold>summary{display:none}.entry{content-visibility:visible;break-inside:avoid}h2{break-after:avoid}
details::details-content{content-visibility:visible!important;display:block!important}}
`;

/** The page's script: the search box hides entries without the text, and opens lists that contain it. */
export const SCRIPT = `
(()=>{const box=document.getElementById('search'),out=document.getElementById('found');if(!box)return;
const folds=[...document.querySelectorAll('[data-fold]')];let entries;
const text=()=>entries??=[...document.querySelectorAll('[data-search]')].map(e=>[e,e.textContent.toLowerCase()]);
box.addEventListener('input',()=>{const q=box.value.trim().toLowerCase();let n=0;
for(const[e,t]of text()){const hit=!q||t.includes(q);e.hidden=!hit;if(hit)n++}
for(const d of folds)d.open=q!==''&&d.querySelector('[data-search]:not([hidden])')!==null;
for(const s of document.querySelectorAll('section'))s.hidden=q!==''&&s.querySelector('[data-search]')!==null&&s.querySelector('[data-search]:not([hidden])')===null;
out.textContent=q?n+' found':''})})();
`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The content policy of the page: its own style and script, and nothing else. */
export const CONTENT_POLICY = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`;

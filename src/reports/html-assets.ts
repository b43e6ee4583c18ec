import { createHash } from 'node:crypto';

/** The page's style: light and dark, on a phone and on paper. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;--red:#b42318;--green:#116329;--amber:#7d4e00;--accent:#0550ae}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9ea7b3;--line:#30363d;--card:#161b22;--red:#ff9b93;--green:#7ee787;--amber:#f2cc60;--accent:#79c0ff}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:72rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .5rem}
p{margin:.3rem 0}.soft{color:var(--soft)}.wrap{overflow-wrap:anywhere}
.sentence{font-size:1.1rem;font-weight:600;padding:.6rem .8rem;background:var(--card);border-left:.3rem solid var(--accent)}
.bad{border-color:var(--red)}.objection{border-left:.3rem solid var(--red);background:var(--card);padding:.6rem .8rem;margin:.6rem 0}
pre{overflow-x:auto;background:var(--card);padding:.6rem;border:1px solid var(--line);white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}
.revoke{color:var(--red)}.downgrade{color:var(--amber)}.upgrade,.grant,.approve{color:var(--green)}
.entry{border-bottom:1px solid var(--line);padding:.35rem 0}.entry summary{cursor:pointer}.entry summary b{font-weight:600;overflow-wrap:anywhere}
.entry p{margin:.2rem 0 .4rem 1.1rem}
meter{width:8rem;max-width:100%;vertical-align:middle}
input{font:inherit;width:100%;padding:.5rem;border:1px solid var(--soft);border-radius:.3rem;background:var(--bg);color:var(--fg)}
a:focus-visible,summary:focus-visible,input:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
@media (max-width:40rem){thead{display:none}tr,td{display:block}td{border:0;padding:.1rem 0}tr{border-bottom:1px solid var(--line);padding:.4rem 0}}
@media print{input,label{display:none}body{max-width:none}details>*{display:block}}
`;

/** The page's script: the search box hides the entries that do not have the text. */
export const SCRIPT = `
(()=>{const box=document.getElementById('search'),out=document.getElementById('found');if(!box)return;
const entries=[...document.querySelectorAll('[data-search]')].map(e=>[e,e.textContent.toLowerCase()]);
box.addEventListener('input',()=>{const q=box.value.trim().toLowerCase();let n=0;
for(const[e,t]of entries){const hit=!q||t.includes(q);e.hidden=!hit;if(hit)n++}
for(const d of document.querySelectorAll('details[data-fold]'))if(q)d.open=true;
out.textContent=q?n+' found':''})})();
`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The content policy of the page: its own style and script, and nothing else. */
export const CONTENT_POLICY = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`;

"""What do the pages of the login look like? Plain HTML that needs no script and loads nothing."""

from __future__ import annotations

from ui.text import escape
from ui.theme import ICON

_STYLE = """
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;
  font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;background:#f5f5f4;color:#1c1917}
main{width:100%;max-width:22rem;background:#fff;border:1px solid #d6d3d1;border-radius:16px;padding:2rem}
h1{display:flex;gap:.6rem;align-items:center;font-size:1.25rem;margin:0 0 1.25rem}
label{display:block;font-weight:600;margin:.9rem 0 .3rem}
input{width:100%;font:inherit;padding:.6rem .75rem;border:1px solid #78716c;border-radius:10px;
  background:inherit;color:inherit}
button{width:100%;margin-top:1.4rem;font:inherit;font-weight:600;padding:.7rem;border:0;border-radius:10px;
  background:#0f766e;color:#fff;cursor:pointer}
input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid #0d9488;outline-offset:2px}
.problem{margin:0;padding:.6rem .75rem;border-radius:10px;background:#fef2f2;color:#991b1b}
a{color:#0f766e}
@media (prefers-color-scheme:dark){body{background:#1c1917;color:#f5f5f4}
  main{background:#292524;border-color:#57534e}a{color:#5eead4}.problem{background:#450a0a;color:#fecaca}}
"""


def login_page(form: str, back: str, problem: str = "", name: str = "") -> str:
    """Return the page with the form; `form` is its token, `back` where a login leads, `name` who tried."""
    at_name, at_password = ("", " autofocus") if name else (" autofocus", "")
    said = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return _page(
        "Log in",
        f"""{said}<form method="post" action="/login">
<input type="hidden" name="form" value="{escape(form)}"><input type="hidden" name="next" value="{escape(back)}">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64"
 value="{escape(name)}" required{at_name}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="256"
 required{at_password}>
<button type="submit">Log in</button></form>""",
    )


def logout_page(person: str, form: str) -> str:
    """Return the page that ends a login."""
    return _page(
        "Log out",
        f"""<p>You are logged in as <strong>{escape(person)}</strong>. What you said stays stored.</p>
<form method="post" action="/logout"><input type="hidden" name="form" value="{escape(form)}">
<button type="submit">Log out</button></form><p><a href="/">Back to the page</a></p>""",
    )


def message_page(message: str) -> str:
    """Return a page that only says something."""
    return _page("Not open", f'<p role="alert">{escape(message)}</p>')


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · Tastegraph</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<link rel="icon" type="image/svg+xml" href="{ICON}"><style>{_STYLE}</style></head><body><main>'
        f'<h1><img src="{ICON}" alt="" width="32" height="32">{escape(title)}</h1>{body}</main></body></html>'
    )

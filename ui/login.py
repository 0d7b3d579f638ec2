"""What is asked before the page is shown? A wall in front of everything that has no keys of its own."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.access import MAKE_KEY, SET_PASSWORD
from ui.login_page import login_page, logout_page, message_page
from ui.sign_in import LIFETIME, SignIn, TooManyAttempts

PERSON = "tastegraph.person"
"""Key of an ASGI scope: who is logged in."""
LOGIN, LOGOUT = "/login", "/logout"
_OWN_KEYS = re.compile(r"/v1/[^/].*|/metrics")
"""Paths of the API, which asks for a key itself."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN = frozenset({"/health"})
_MOST = 4096
"""Bytes that the form of a login may have."""
_WAY_BACK = re.compile(r"/(?![/\\])[\w/.~%=&?+-]{0,200}", re.ASCII)
_NONCE = re.compile(r"[\w-]{32}", re.ASCII)
_WRONG = "That name and password do not fit together."
_STALE = "This form was too old. Please try again."


def logged_in(request: Request) -> str | None:
    """Return who is logged in; None where no login is asked for, or nobody is."""
    found: str | None = request.scope.get(PERSON)
    return found


class LoginWall:
    """ASGI middleware: lets in who is logged in, and tells the rest of the application who that is.

    The API's paths pass, since they ask for keys themselves; they are closed while there is no key at all. `/health`
    passes. Everything else, also what is added to the application later, is behind the login.
    """

    def __init__(self, app: ASGIApp, sign_in: SignIn, keys_exist: Callable[[], bool]) -> None:
        self._app, self._sign_in, self._keys_exist = app, sign_in, keys_exist

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the login's own pages; pass on, redirect or refuse the rest."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope = {key: value for key, value in scope.items() if key != PERSON}
        path = scope["path"]
        if scope["type"] != "http":
            await self._websocket(scope, receive, send)
            return
        request = Request(scope, receive)
        if path in _OPEN:
            await self._app(scope, receive, send)
        elif _OWN_KEYS.fullmatch(path) and ".." not in path:
            await self._api(scope, receive, send)
        else:
            answer = await self._page(request, path)
            await (answer or self._app)(scope, receive, send)

    async def _page(self, request: Request, path: str) -> Response | None:
        """Return what stands in the way; None where the request may pass, with the person noted in its scope."""
        if not self._sign_in.passwords.names():
            return _refusal(
                request, 403, f"No login has been set up here. Whoever runs this can: {SET_PASSWORD}"
            )
        token = _cookie(request.scope, "session")
        person = self._sign_in.person(token)
        if path == LOGIN:
            return await self._login(request)
        if path == LOGOUT:
            return await self._logout(request, token, person)
        if person is not None:
            if request.method not in _READS and _crosses(request):
                # Of another port of this host a browser says `same-site`, and sends our cookie.
                return _refusal(request, 403, "This was sent by another site.")
            request.scope[PERSON] = person
            return None
        if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", ""):
            back = _way_back(path + (f"?{request.url.query}" if request.url.query else ""))
            return RedirectResponse(f"{LOGIN}?next={quote(back)}" if back != "/" else LOGIN, 303, _UNKEPT)
        return _refusal(request, 401, "Log in first.")

    async def _login(self, request: Request) -> Response:
        if request.method in ("GET", "HEAD"):
            return self._form(request, _way_back(request.query_params.get("next", "/")))
        if request.method != "POST":
            return _refusal(request, 405, "Log in with the form.")
        given = await _fields(request)
        back = _way_back(given.get("next", "/"))
        if not self._is_ours(request, given):
            return self._form(request, back, _STALE, 403)
        address = request.client.host if request.client else ""
        name, password = given.get("name", "").strip(), given.get("password", "")
        try:
            token = await run_in_threadpool(self._sign_in.enter, name, password, address)
        except TooManyAttempts as error:
            minutes = -(-error.seconds // 60)
            wait = f"Too many attempts. Try again in {minutes} minute{'' if minutes == 1 else 's'}."
            answer = self._form(request, back, wait, 429, name)
            answer.headers["Retry-After"] = str(error.seconds)
            return answer
        if token is None:
            return self._form(request, back, _WRONG, 401, name)
        if (before := _cookie(request.scope, "session")) is not None:
            self._sign_in.leave(before)
        done = RedirectResponse(back, 303, _UNKEPT)
        _set_cookie(done, request, "session", token, LIFETIME)
        _set_cookie(done, request, "form", "", 0)
        return done

    async def _logout(self, request: Request, token: str | None, person: str | None) -> Response:
        if person is None or token is None:
            return RedirectResponse(LOGIN, 303, _UNKEPT)
        expected = self._sign(f"logout {token}")
        if request.method in ("GET", "HEAD"):
            return HTMLResponse(logout_page(person, expected), headers=_UNKEPT)
        given = await _fields(request)
        fits = hmac.compare_digest(given.get("form", "").encode(), expected.encode())
        if request.method != "POST" or not fits or _from_elsewhere(request):
            return HTMLResponse(logout_page(person, expected), 403, _UNKEPT)
        self._sign_in.leave(token)
        done = RedirectResponse(LOGIN, 303, {**_UNKEPT, "Clear-Site-Data": '"cache", "storage"'})
        _set_cookie(done, request, "session", "", 0)
        return done

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._keys_exist():
            await self._app(scope, receive, send)
            return
        error = {"message": f"The API is closed: there is no key. Make one: {MAKE_KEY}", "type": "no_keys"}
        await JSONResponse({"error": error}, 403, _UNKEPT)(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        person = self._sign_in.person(_cookie(scope, "session"))
        if person is None:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app({**scope, PERSON: person}, receive, send)

    def _form(
        self, request: Request, back: str, problem: str = "", status: int = 200, name: str = ""
    ) -> Response:
        # The one that the browser has stays, so that a form in another tab stays good.
        kept = _cookie(request.scope, "form") or ""
        nonce = kept if _NONCE.fullmatch(kept) else secrets.token_urlsafe(24)
        answer = HTMLResponse(login_page(self._sign(nonce), back, problem, name[:64]), status, _UNKEPT)
        _set_cookie(answer, request, "form", nonce, 3600)
        return answer

    def _is_ours(self, request: Request, given: dict[str, str]) -> bool:
        """Say whether a form came from our page in this browser: what it carries fits the cookie beside it."""
        nonce = _cookie(request.scope, "form") or ""
        fits = hmac.compare_digest(given.get("form", "").encode(), self._sign(nonce).encode())
        return bool(nonce) and fits and not _from_elsewhere(request)

    def _sign(self, text: str) -> str:
        return hmac.new(self._sign_in.form_key, text.encode(), hashlib.sha256).hexdigest()


_UNKEPT = {"Cache-Control": "no-store"}


def _refusal(request: Request, status: int, message: str) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(message_page(message), status, _UNKEPT)
    return JSONResponse({"detail": message}, status, _UNKEPT)


def _secure(scope: Scope) -> bool:
    return scope.get("scheme") in ("https", "wss")


def _name(secure: bool, what: str) -> str:
    # The prefix binds a cookie to this host and to encrypted connections; browsers take it with these only.
    return f"__Host-tastegraph-{what}" if secure else f"tastegraph-{what}"


def _cookie(scope: Scope, what: str) -> str | None:
    return HTTPConnection(scope).cookies.get(_name(_secure(scope), what))


def _set_cookie(answer: Response, request: Request, what: str, value: str, seconds: float) -> None:
    secure = _secure(request.scope)
    answer.set_cookie(
        _name(secure, what),
        value,
        max_age=int(seconds),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict" if what == "form" else "lax",
    )


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form; none of one that is too long."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST:
            return {}
    found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    return {name: values[0] for name, values in found.items()}


def _from_elsewhere(request: Request) -> bool:
    """Say whether another site sent this, as far as the browser tells."""
    origin = request.headers.get("origin", "null")
    # Our pages send no referrer, and browsers then say `null`.
    other = origin != "null" and origin.partition("://")[2] != request.headers.get("host", "")
    return other or _crosses(request)


def _crosses(request: Request) -> bool:
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _way_back(path: str) -> str:
    """Return where to go after a login: a path of ours, or the page."""
    return path if _WAY_BACK.fullmatch(path) and not path.startswith((LOGIN, LOGOUT)) else "/"

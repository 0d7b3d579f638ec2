"""What does a caller get instead of an answer? One form, OpenAI's, that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from agent.errors import InvalidRequest
from kg.graph import GraphError
from recsys.errors import TastegraphError
from recsys.interests import UnknownInterestError
from recsys.recommender import UnknownItemError

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "server_error",
    503: "service_unavailable_error",
}
_CODES = {
    404: "unknown_route",
    405: "wrong_method",
    413: "body_too_large",
    415: "wrong_content_type",
    500: "internal_error",
}
_WORDS = {
    404: "There is nothing at this address. /v1/docs lists what there is.",
    405: "This address does not take that method. /v1/docs says which it takes.",
}
BROKEN = (
    "Something broke on this side and was written to the log under this request id. Try again; if it stays, whoever "
    "runs the server finds the part at fault with `tastegraph doctor`."
)
AWAY = (
    "A part of this server does not answer at the moment. Try again in a little while; whoever runs it finds the part "
    "with `tastegraph doctor`."
)


class ErrorDetail(BaseModel):
    """What went wrong."""

    message: str
    """For a person: what happened and what to do."""
    type: str
    param: str | None = None
    """The field of the request that is meant, where it is one."""
    code: str
    """For a program; stays the same when the message is worded anew."""
    request_id: str
    """Also in the header `X-Request-ID` and in the server's log."""


class ErrorBody(BaseModel):
    """Every answer with a status from 400 on."""

    error: ErrorDetail


class ApiError(HTTPException):
    """An answer that is an error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Take the HTTP status, a code for programs, and words that say what to do."""
        super().__init__(status, message, dict(headers) if headers else None)
        self.code, self.message, self.param = code, message, param


def error_response(error: ApiError, request_id: str) -> JSONResponse:
    """Return the answer that tells of the error."""
    return JSONResponse(error_body(error, request_id), status_code=error.status_code, headers=error.headers)


def error_body(error: ApiError, request_id: str) -> dict[str, Any]:
    """Return the error as JSON values, for an answer or for a stream that has begun already."""
    detail = ErrorDetail(
        message=error.message,
        type=_TYPES.get(error.status_code, "invalid_request_error"),
        param=error.param,
        code=error.code,
        request_id=request_id,
    )
    return ErrorBody(error=detail).model_dump()


def as_api_error(error: Exception) -> ApiError:
    """Return an error of the layers below as an answer; only messages meant for people are told."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, HTTPException):
        status = error.status_code
        if status == HTTPStatus.BAD_REQUEST:
            # So the framework says that a body is not even text.
            return _no_json()
        words = _WORDS.get(status, HTTPStatus(status).phrase)
        return ApiError(
            status, _CODES.get(status, "invalid_request"), words, headers=dict(error.headers or {})
        )
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, InvalidRequest):
        return ApiError(422, "invalid_request", str(error))
    if isinstance(error, UnknownInterestError):
        return ApiError(
            404,
            "unknown_interest",
            "Nothing of that id is stored of this person. GET /v1/profile lists what is.",
            "interest",
        )
    if isinstance(error, UnknownItemError):
        return ApiError(
            404, "unknown_item", "There is no such item in this catalogue. Name its title or its id.", "item"
        )
    if isinstance(error, TastegraphError | GraphError):
        # What these say is for whoever runs the server: it may name folders and addresses.
        return ApiError(503, "part_away", AWAY, headers={"Retry-After": "5"})
    return ApiError(500, "internal_error", BROKEN)


def handle_errors(app: FastAPI) -> None:
    """Let the application answer every error in this form."""

    async def answer(request: Request, error: Exception) -> JSONResponse:
        return error_response(as_api_error(error), request.scope["state"]["record"].id)

    kinds: tuple[type[Exception], ...] = (
        HTTPException,
        RequestValidationError,
        TastegraphError,
        GraphError,
        Exception,
    )
    for kind in kinds:
        app.add_exception_handler(kind, answer)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors that a route may answer with, for its documentation."""
    always = (401, 403, 413, 415, 422, 429, 500, 503)
    described = {
        status: {"model": ErrorBody, "description": HTTPStatus(status).phrase}
        for status in sorted({*always, *statuses})
    }
    described[429]["headers"] = {
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
    }
    return {status: dict(value) for status, value in described.items()}


def _no_json() -> ApiError:
    return ApiError(422, "invalid_json", "The body is no JSON in UTF-8. Send a JSON object.")


def _invalid(error: RequestValidationError) -> ApiError:
    """Name the fields and what is wrong with them; what was sent is not repeated."""
    problems = []
    for one in error.errors():
        if one["type"] == "json_invalid":
            return _no_json()
        problems.append((_place(one["loc"]), str(one["msg"])))
    told = "; ".join(f"{place or 'body'}: {message}" for place, message in problems[:5])
    param = problems[0][0] or None if problems else None
    return ApiError(422, "invalid_request", f"Correct these fields: {told}. /v1/docs describes them.", param)


def _place(location: tuple[int | str, ...]) -> str:
    """Return a field as a caller names it. What a caller called a field of their own is not repeated."""
    parts = [str(part) for part in location[1:] if isinstance(part, int) or part.isidentifier()]
    return ".".join(parts)[:100].encode("ascii", "ignore").decode()

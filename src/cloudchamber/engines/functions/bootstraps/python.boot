"""The Python runtime of a function: runs inside the function's own process, under any Python 3.8+.

Rules of this file: standard library only, imports nothing of the chamber's; no more in the process
than AWS's runtime would put there. It asks the Runtime API for invocations, calls the handler, and
posts what came of it. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

Time: a page of shared memory says what the chamber's clock shows. While that clock stands still
(mode 0) the time of day is its instant and moves a microsecond each time it is read, so that a loop
that waits for it ends; the main thread's `time.sleep` sleeps on the chamber's clock; `monotonic` and
`perf_counter` are the machine's, plus what passed on the chamber's clock. When the chamber's clock
walks with the wall's (mode 1) only the offset is applied.
"""

import datetime
import gc
import io
import json
import logging
import mmap
import os
import socket
import struct
import sys
import threading
import time
import traceback
from decimal import Decimal

API_VERSION = "2018-06-01"
NS = 1_000_000_000


class Clock:
    """What the chamber's clock shows in this process."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self._page = mmap.mmap(file.fileno(), 64, access=mmap.ACCESS_READ)
        self._unpack = struct.Struct("=qqqq").unpack_from
        self._time_ns = time.time_ns
        self._monotonic_ns = time.monotonic_ns
        self._perf_counter_ns = time.perf_counter_ns
        self._last = 0
        self._sleep = time.sleep
        self.api = None

    def now_ns(self):
        walking, now, _, offset = self._unpack(self._page, 8)
        if walking:
            return self._time_ns() + offset
        if now > self._last:
            self._last = now
        else:
            self._last += 1000
        return self._last

    def now(self):
        return self.now_ns() / NS

    def _passed(self):
        walking, now, base, _ = self._unpack(self._page, 8)
        return 0 if walking else now - base

    def monotonic_ns(self):
        return self._monotonic_ns() + self._passed()

    def monotonic(self):
        return self.monotonic_ns() / NS

    def perf_counter_ns(self):
        return self._perf_counter_ns() + self._passed()

    def perf_counter(self):
        return self.perf_counter_ns() / NS

    def sleep(self, seconds):
        walking = self._unpack(self._page, 8)[0]
        if (
            walking
            or self.api is None
            or seconds <= 0
            or threading.current_thread() is not threading.main_thread()
        ):
            self._sleep(seconds)
        else:
            self.api.ask("POST", "/cloudchamber/sleep", str(int(seconds * NS)).encode())

    def install(self):
        """Put this clock where Python's own readers of the time of day are."""
        gmtime, localtime, ctime, strftime = time.gmtime, time.localtime, time.ctime, time.strftime
        clock_gettime = getattr(time, "clock_gettime", None)
        clock_gettime_ns = getattr(time, "clock_gettime_ns", None)
        time.time, time.time_ns = self.now, self.now_ns
        time.monotonic, time.monotonic_ns = self.monotonic, self.monotonic_ns
        time.perf_counter, time.perf_counter_ns = self.perf_counter, self.perf_counter_ns
        time.sleep = self.sleep
        time.gmtime = lambda secs=None: gmtime(self.now() if secs is None else secs)
        time.localtime = lambda secs=None: localtime(self.now() if secs is None else secs)
        time.ctime = lambda secs=None: ctime(self.now() if secs is None else secs)
        time.strftime = lambda form, t=None: strftime(form, time.localtime() if t is None else t)
        if clock_gettime is not None:
            real = time.CLOCK_REALTIME
            time.clock_gettime = lambda which: self.now() if which == real else clock_gettime(which)
            time.clock_gettime_ns = (
                lambda which: self.now_ns() if which == real else clock_gettime_ns(which)
            )
        self._install_datetime()

    def _install_datetime(self):
        # The classes are C's and closed, but what they look names up in is a dict all the same.
        # Replacing the methods there keeps every instance and every isinstance as it was.
        def now(cls, tz=None):
            ns = self.now_ns()
            base = cls.fromtimestamp(ns // NS, tz)
            return base.replace(microsecond=ns % NS // 1000)

        def utcnow(cls):
            moment = now(cls, datetime.timezone.utc)
            return moment.replace(tzinfo=None)

        def today(cls):
            return now(cls)

        def date_today(cls):
            return cls.fromtimestamp(self.now())

        _patch(datetime.datetime, now=now, utcnow=utcnow, today=today)
        _patch(datetime.date, today=date_today)


def _patch(cls, **methods):
    names = gc.get_referents(cls.__dict__)[0]
    for name, function in methods.items():
        names[name] = classmethod(function)
    try:
        import ctypes

        ctypes.pythonapi.PyType_Modified(ctypes.py_object(cls))
    except (ImportError, AttributeError, OSError):
        pass  # what was never looked up before is not cached anywhere


class Api:
    """The Runtime API over one connection."""

    def __init__(self, address):
        host, _, port = address.partition(":")
        self._address = (host, int(port))
        self._host = address
        self._socket = None
        self._buffer = b""

    def _connect(self):
        self._socket = socket.create_connection(self._address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def ask(self, method, path, body=b"", headers=()):
        if self._socket is None:
            self._connect()
        head = "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n" % (
            method, path, self._host, len(body),
        )
        for name, value in headers:
            head += "%s: %s\r\n" % (name, value)
        self._socket.sendall(head.encode("latin-1", "replace") + b"\r\n" + body)
        return self._answer()

    def _answer(self):
        buffer = self._buffer
        while True:
            end = buffer.find(b"\r\n\r\n")
            if end >= 0:
                break
            buffer += self._receive()
        lines = buffer[:end].decode("latin-1").split("\r\n")
        buffer = buffer[end + 4 :]
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        pieces = [buffer[:length]]
        self._buffer = buffer[length:]
        missing = length - len(pieces[0])
        while missing > 0:
            piece = self._receive()
            pieces.append(piece[:missing])
            self._buffer = piece[missing:]
            missing -= len(piece)
        return int(lines[0].split(" ")[1]), headers, b"".join(pieces)

    def _receive(self):
        piece = self._socket.recv(262144)
        if not piece:
            os._exit(0)  # the chamber is gone
        return piece


class ClientContext:
    """What a mobile client said of itself."""

    def __init__(self, data):
        client = data.get("client") or {}
        self.custom = data.get("custom")
        self.env = data.get("env")
        self.client = type("Client", (), {
            name: client.get(name)
            for name in ("installation_id", "app_title", "app_version_name", "app_version_code",
                         "app_package_name")
        })() if client else None


class CognitoIdentity:
    """Who called, when the caller came by Amazon Cognito."""

    def __init__(self, data):
        self.cognito_identity_id = data.get("cognitoIdentityId")
        self.cognito_identity_pool_id = data.get("cognitoIdentityPoolId")


class LambdaContext:
    """The handler's second argument."""

    def __init__(self, headers, clock):
        get = headers.get
        self.aws_request_id = get("lambda-runtime-aws-request-id", "")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = get("lambda-runtime-invoked-function-arn")
        self.tenant_id = get("lambda-runtime-aws-tenant-id")
        client = get("lambda-runtime-client-context")
        self.client_context = ClientContext(json.loads(client)) if client else None
        self.identity = CognitoIdentity(json.loads(get("lambda-runtime-cognito-identity") or "{}"))
        self._deadline_ms = int(get("lambda-runtime-deadline-ms", "0"))
        self._clock = clock

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - self._clock.now_ns() // 1_000_000)

    def log(self, message):
        sys.stdout.write(str(message))
        sys.stdout.flush()

    def __repr__(self):
        return "LambdaContext([aws_request_id=%s,function_name=%s,function_version=%s])" % (
            self.aws_request_id, self.function_name, self.function_version,
        )


class RequestIds(logging.Filter):
    """Every record of a log knows its invocation."""

    current = ""

    def filter(self, record):
        record.aws_request_id = RequestIds.current
        return True


class JsonLines(logging.Formatter):
    """A log's records as JSON, as `LogFormat: JSON` asks."""

    def format(self, record):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        line = {"timestamp": stamp, "level": record.levelname, "message": record.getMessage(),
                "logger": record.name, "requestId": RequestIds.current}
        if record.exc_info:
            kind, error, trace = record.exc_info
            line["errorType"] = kind.__name__
            line["errorMessage"] = str(error)
            line["stackTrace"] = _stack(trace)
        return json.dumps(line, default=str)


def set_up_logging():
    json_lines = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").lower() == "json"
    handler = logging.StreamHandler(sys.stdout)
    if json_lines:
        handler.setFormatter(JsonLines())
    else:
        form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        formatter = logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
        formatter.converter = lambda seconds: time.gmtime(seconds)
        handler.setFormatter(formatter)
        handler.terminator = ""
    handler.addFilter(RequestIds())
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = {"TRACE": "NOTSET", "FATAL": "CRITICAL", "WARN": "WARNING"}.get(level, level)
    if json_lines and level:
        root.setLevel(getattr(logging, level, logging.INFO))


def shown(text):
    """A path as it would be at AWS: where this machine keeps the code is nobody's business."""
    for name, real in PLACES:
        text = text.replace(real, name)
    return text


def _stack(trace):
    frames = traceback.extract_tb(trace)
    own = [frame for frame in frames if frame.filename != __file__
           and not frame.filename.startswith("<frozen importlib")]
    return [shown(line) for line in traceback.format_list(own)]


def report_of(error, request_id, message=None, kind=None, with_stack=True):
    """An error as the Runtime API takes it, and as the log shows it."""
    message = shown(str(error)) if message is None else message
    kind = kind or type(error).__name__
    stack = _stack(error.__traceback__) if with_stack else []
    text = "[ERROR] %s: %s" % (kind, message)
    if stack:
        text += "\nTraceback (most recent call last):\n" + "".join(stack)
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").lower() == "json":
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        text = json.dumps({"timestamp": stamp, "log_level": "ERROR", "errorMessage": message,
                           "errorType": kind, "requestId": request_id, "stackTrace": stack})
    sys.stdout.write(text.rstrip("\n") + "\n")
    sys.stdout.flush()
    body = {"errorMessage": message, "errorType": kind, "requestId": request_id,
            "stackTrace": stack}
    return json.dumps(body).encode()


class InitError(Exception):
    """The handler cannot be had."""

    def __init__(self, kind, message, stack=True):
        super().__init__(message)
        self.kind = kind
        self.stack = stack


def load_handler(name):
    parts = name.rsplit(".", 1)
    if len(parts) != 2:
        raise InitError(
            "Runtime.MalformedHandlerName",
            "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name, False,
        )
    module_name, function = parts[0].replace("/", "."), parts[1]
    try:
        import importlib

        module = importlib.import_module(module_name)
    except ImportError as error:
        raise InitError(
            "Runtime.ImportModuleError", "Unable to import module '%s': %s" % (parts[0], error),
            False,
        ) from error
    except SyntaxError as error:
        raise InitError(
            "Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (parts[0], error),
            False,
        ) from error
    try:
        return getattr(module, function)
    except AttributeError as error:
        raise InitError(
            "Runtime.HandlerNotFound",
            "Handler '%s' missing on module '%s'" % (function, parts[0]), False,
        ) from error


def plain(value):
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def answer(handler, headers, body, clock):
    """Run one invocation; where its result goes and what it is."""
    request_id = headers.get("lambda-runtime-aws-request-id", "")
    RequestIds.current = request_id
    trace = headers.get("lambda-runtime-trace-id")
    if trace:
        os.environ["_X_AMZN_TRACE_ID"] = trace
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    try:
        event = json.loads(body.decode("utf-8"))
    except ValueError as error:
        return "error", report_of(
            error, request_id, "Unable to unmarshal input: %s" % error, "Runtime.UnmarshalError",
            False,
        )
    try:
        result = handler(event, LambdaContext(headers, clock))
    except Exception as error:
        return "error", report_of(error, request_id)
    try:
        return "response", json.dumps(result, default=plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        return "error", report_of(
            error, request_id, "Unable to marshal response: %s" % error, "Runtime.MarshalError",
            False,
        )


def main():
    api = Api(os.environ["AWS_LAMBDA_RUNTIME_API"])
    clock = Clock(os.environ.pop("CLOUDCHAMBER_CLOCK"))
    clock.api = api
    clock.install()
    set_up_logging()
    base = "/%s/runtime" % API_VERSION
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except InitError as error:
        body = report_of(error, "", kind=error.kind, with_stack=error.stack)
        api.ask("POST", base + "/init/error", body,
                [("Lambda-Runtime-Function-Error-Type", error.kind)])
        sys.exit(1)
    except Exception as error:
        body = report_of(error, "")
        api.ask("POST", base + "/init/error", body,
                [("Lambda-Runtime-Function-Error-Type", type(error).__name__)])
        sys.exit(1)
    while True:
        status, headers, body = api.ask("GET", base + "/invocation/next")
        if status != 200:
            sys.exit(1)
        where, result = answer(handler, headers, body, clock)
        sys.stdout.flush()
        sys.stderr.flush()
        path = "%s/invocation/%s/%s" % (base, headers["lambda-runtime-aws-request-id"], where)
        kind = []
        if where == "error":
            kind = [("Lambda-Runtime-Function-Error-Type", json.loads(result)["errorType"])]
        api.ask("POST", path, result, kind)  # one that is too large is refused, and known to be


def prepare():
    """The paths and the output, before anything of the function's is imported."""
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]
    opt, version = os.environ.pop("CLOUDCHAMBER_OPT"), "python%d.%d" % sys.version_info[:2]
    sys.path[:0] = [
        os.environ["LAMBDA_TASK_ROOT"],
        os.path.join(opt, "python", "lib", version, "site-packages"),
        os.path.join(opt, "python"),
    ]
    sys.path.append(os.environ.pop("CLOUDCHAMBER_PACKAGES"))
    sys.stdout = io.TextIOWrapper(
        open(1, "wb", 8192, closefd=False), "utf-8", "backslashreplace", line_buffering=True
    )
    sys.stderr = io.TextIOWrapper(
        open(2, "wb", 0, closefd=False), "utf-8", "backslashreplace", write_through=True
    )
    import site

    site.setquit()
    return [("/var/task", os.environ["LAMBDA_TASK_ROOT"]), ("/opt", opt)]


if __name__ == "__main__":
    PLACES = prepare()
    main()

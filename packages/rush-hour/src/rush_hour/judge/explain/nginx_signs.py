"""What nginx's error log says (nginx 1.31; the words have been the same for years)."""

from rush_hour.judge.explain.sign import Reach, Sign

NGINX = "nginx"
MARKS = ("[error]", "[crit]", "[alert]", "[emerg]", ", reusing connections")  # the last one is a warning
BROKEN = ("read:EOF", "read:ECONNRESET", "write:ECONNRESET", "write:EPIPE")
MORE_BACKLOG = (
    "Raise {backlog}, and net.core.somaxconn where it is less; if the queue fills all the same, the server is too "
    "slow: raise {workers}."
)

NGINX_SIGNS = (
    Sign(
        code="proxy-connections",
        program=NGINX,
        words=("worker_connections are not enough",),
        what="nginx ran out of its own connections",
        cause="proxy",
        advice="Raise nginx's worker_connections: each request passed on takes two, each idle client one.",
        outcomes=("500", *BROKEN),
        reach=Reach.SEVERAL,  # idle connections are closed, too, and that is logged once a second
    ),
    Sign(
        code="body-too-large",
        program=NGINX,
        words=("client intended to send too large",),
        what="the body of the request was larger than nginx takes",
        cause="proxy",
        advice="Raise nginx's client_max_body_size.",
        outcomes=("413",),
    ),
    Sign(
        code="proxy-open-files",
        program=NGINX,
        words=("(24: Too many open files)",),
        what="nginx had too many open files",
        cause="proxy",
        advice="Raise nginx's worker_rlimit_nofile.",
        outcomes=("500", "502", *BROKEN),
    ),
    Sign(
        code="proxy-ports",
        program=NGINX,
        words=("(99: Cannot assign requested address)",),
        what="nginx had no free local port for another connection to the server",
        cause="proxy",
        advice="Keep connections to the server (nginx's keepalive in upstream), or use a unix socket.",
        outcomes=("500", "502"),
    ),
    Sign(
        code="proxy-limit",
        program=NGINX,
        words=("limiting requests, excess:",),
        what="nginx refused more requests than its limit_req allows",
        cause="proxy",
        advice="Raise the rate or the burst of nginx's limit_req.",
        outcomes=("503", "429"),
    ),
    Sign(
        code="proxy-limit",
        program=NGINX,
        words=("limiting connections by zone",),
        what="nginx refused more connections than its limit_conn allows",
        cause="proxy",
        advice="Raise nginx's limit_conn.",
        outcomes=("503", "429"),
    ),
    Sign(
        code="backlog-full",
        program=NGINX,
        words=("connect()", "(11: Resource temporarily unavailable)"),
        what="the server's accept queue was full; its backlog is too small, or the server too slow",
        cause="server",
        advice=MORE_BACKLOG,
        outcomes=("502",),
    ),
    Sign(
        code="connection-refused",
        program=NGINX,
        words=("(111: Connection refused)",),
        what="nobody listened on the server's socket",
        cause="server",
        advice="The server was gone, or not there yet: its log says why.",
        outcomes=("502",),
    ),
    Sign(
        code="socket-gone",
        program=NGINX,
        words=("connect()", "(2: No such file or directory)"),
        what="the server's socket was gone",
        cause="server",
        advice="The server was gone, or not there yet: its log says why.",
        outcomes=("502",),
    ),
    Sign(
        code="upstream-timeout",
        program=NGINX,
        words=("upstream timed out",),
        what="the server did not answer in time",
        cause="server",
        advice=(
            "Raise {workers} if they are all busy, or make the request faster; nginx waits for as long as its "
            "proxy_read_timeout (uwsgi_read_timeout) says."
        ),
        outcomes=("504", "502"),
    ),
    Sign(
        code="no-live-upstreams",
        program=NGINX,
        words=("no live upstreams",),
        what="nginx took every server for dead after their failures",
        cause="server",
        advice="The failures before it are the reason; nginx's max_fails=0 has it try again at once.",
        outcomes=("502",),
    ),
    Sign(
        code="upstream-head-too-large",
        program=NGINX,
        words=("upstream sent too big header",),
        what="the head of the server's answer was larger than nginx takes",
        cause="proxy",
        advice="Raise nginx's proxy_buffer_size (uwsgi_buffer_size).",
        outcomes=("502",),
    ),
    Sign(
        code="upstream-reset",
        program=NGINX,
        words=("(104: Connection reset by peer)", "upstream"),
        what="the server reset the connection",
        cause="server",
        advice="The server's log says why; raise {backlog} where its queue was full.",
        outcomes=("502", *BROKEN),
        reach=Reach.AT_MOST_ONE,
        shows="104: Connection reset by peer",
    ),
    Sign(
        code="upstream-closed",
        program=NGINX,
        words=("upstream prematurely closed connection",),
        what="the server closed the connection without an answer",
        cause="server",
        advice="The server's log says why: its worker may have ended.",
        outcomes=("502", *BROKEN),
        reach=Reach.AT_MOST_ONE,
    ),
    Sign(
        code="proxy-worker-crashed",
        program=NGINX,
        words=("worker process", "exited on signal"),
        what="a worker of nginx crashed, or was killed",
        cause="proxy",
        advice="Look at nginx's log and the kernel's.",
        outcomes=BROKEN,
        reach=Reach.SEVERAL,
    ),
)
OTHER_OF_NGINX = Sign(
    code="proxy-error",
    program=NGINX,
    words=(),
    what="",
    cause=None,
    advice="",
    outcomes=("500", "502", "503", "504"),
    reach=Reach.AT_MOST_ONE,
    shows="",
)

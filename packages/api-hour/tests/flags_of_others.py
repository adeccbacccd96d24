"""The flags of other servers, as their own command lines declare them; `=` is after those that take a value.

uvicorn 0.54.0, Gunicorn 27.0.1, Hypercorn 0.18.0 and Granian 2.8.7, but for --help and --version.
"""

from api_hour.config.habits.habit import Server

_UVICORN = """
    --host= --port= --uds= --fd= --reload --reload-dir= --reload-include= --reload-exclude= --reload-delay=
    --workers= --loop= --http= --http2 --ws= --ws-max-size= --ws-max-queue= --ws-ping-interval= --ws-ping-timeout=
    --ws-per-message-deflate= --lifespan= --interface= --env-file= --log-config= --log-level= --access-log
    --no-access-log --use-colors --no-use-colors --proxy-headers --no-proxy-headers --server-header
    --no-server-header --date-header --no-date-header --forwarded-allow-ips= --root-path= --limit-concurrency=
    --backlog= --limit-max-requests= --limit-max-requests-jitter= --timeout-keep-alive=
    --timeout-graceful-shutdown= --timeout-worker-healthcheck= --ssl-keyfile= --ssl-certfile=
    --ssl-keyfile-password= --ssl-version= --ssl-cert-reqs= --ssl-ca-certs= --ssl-ciphers= --header= --app-dir=
    --h11-max-incomplete-event-size= --reset-contextvars --factory
"""

_GUNICORN = """
    -c= --config= -b= --bind= --backlog= -w= --workers= -k= --worker-class= --threads= --worker-connections=
    --max-requests= --max-requests-jitter= -t= --timeout= --graceful-timeout= --keep-alive= --limit-request-line=
    --limit-request-fields= --limit-request-field_size= --reload --reload-engine= --reload-extra-file= --spew
    --check-config --print-config --preload --no-sendfile --reuse-port --chdir= -D --daemon -e= --env= -p= --pid=
    --worker-tmp-dir= -u= --user= -g= --group= -m= --umask= --initgroups --forwarded-allow-ips= --access-logfile=
    --disable-redirect-access-to-syslog --access-logformat= --error-logfile= --log-file= --log-level=
    --capture-output --logger-class= --log-config= --log-config-json= --log-syslog-to= --log-syslog
    --log-syslog-prefix= --log-syslog-facility= -R --enable-stdio-inheritance --statsd-host= --dogstatsd-tags=
    --statsd-prefix= --enable-backlog-metric -n= --name= --pythonpath= --paste= --paster= --proxy-protocol=
    --proxy-allow-from= --protocol= --uwsgi-allow-from= --keyfile= --certfile= --ssl-version= --cert-reqs=
    --ca-certs= --suppress-ragged-eofs --do-handshake-on-connect --ciphers= --http-protocols= --http2-cleartext=
    --http2-max-concurrent-streams= --http2-initial-window-size= --http2-max-frame-size=
    --http2-max-header-list-size= --paste-global= --permit-obsolete-folding --strip-header-spaces
    --permit-unconventional-http-method --permit-unconventional-http-version --casefold-http-method
    --forwarder-headers= --header-map= --asgi-loop= --asgi-lifespan= --asgi-disconnect-grace-period=
    --websocket-max-message-size= --http-parser= --root-path= --dirty-app= --dirty-workers= --dirty-timeout=
    --dirty-threads= --dirty-graceful-timeout= --control-socket= --control-socket-mode= --no-control-socket
"""

_GRANIAN = """
    --host= --port= --uds= --uds-permissions= --interface= --http= --ws --no-ws --workers= --blocking-threads=
    --blocking-threads-idle-timeout= --runtime-threads= --runtime-blocking-threads= --runtime-mode= --loop=
    --task-impl= --backlog= --backpressure= --http1-buffer-size= --http1-header-read-timeout= --http1-keep-alive
    --no-http1-keep-alive --http1-pipeline-flush --no-http1-pipeline-flush --http2-adaptive-window
    --no-http2-adaptive-window --http2-initial-connection-window-size= --http2-initial-stream-window-size=
    --http2-keep-alive-interval= --http2-keep-alive-timeout= --http2-max-concurrent-streams=
    --http2-max-frame-size= --http2-max-headers-size= --http2-max-send-buffer-size= --log --no-log --log-level=
    --log-config= --access-log --no-access-log --access-log-fmt= --ssl-certificate= --ssl-keyfile=
    --ssl-keyfile-password= --ssl-protocol-min= --ssl-ca= --ssl-crl= --ssl-client-verify --no-ssl-client-verify
    --url-path-prefix= --respawn-failed-workers --no-respawn-failed-workers --respawn-interval=
    --rss-sample-interval= --rss-samples= --workers-lifetime= --workers-max-rss= --workers-kill-timeout= --factory
    --no-factory --working-dir= --env-files= --static-path-route= --static-path-mount= --static-path-dir-to-file=
    --static-path-expires= --metrics --no-metrics --metrics-scrape-interval= --metrics-address= --metrics-port=
    --reload --no-reload --reload-paths= --reload-ignore-dirs= --reload-ignore-patterns= --reload-ignore-paths=
    --reload-tick= --reload-ignore-worker-failure --no-reload-ignore-worker-failure --process-name= --pid-file=
"""

_HYPERCORN = """
    --access-log= --access-logfile= --access-logformat= --backlog= -b= --bind= --ca-certs= --certfile=
    --cert-reqs= --ciphers= -c= --config= -D --daemon --debug --error-log= --error-logfile= --log-file=
    --graceful-timeout= --read-timeout= --max-requests= --max-requests-jitter= -g= --group= -k= --worker-class=
    --keep-alive= --keyfile= --keyfile-password= --insecure-bind= --log-config= --log-level= -p= --pid=
    --quic-bind= --reload --root-path= --server-name= --statsd-host= --statsd-prefix= -m= --umask= -u= --user=
    --verify-mode= --websocket-ping-interval= -w= --workers=
"""

FLAGS = {
    Server.UVICORN: tuple(_UVICORN.split()),
    Server.GUNICORN: tuple(_GUNICORN.split()),
    Server.HYPERCORN: tuple(_HYPERCORN.split()),
    Server.GRANIAN: tuple(_GRANIAN.split()),
}

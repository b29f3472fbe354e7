#!/bin/bash
# Whether the gateway in this container works: its /healthz at LASTWORD_HEALTH, which is HOST:PORT of a listener without TLS, such as that of
# admin.listen; else at the port of LASTWORD_LISTEN. Bash, whose /dev/tcp makes a client needless.
address=${LASTWORD_HEALTH:-127.0.0.1:${LASTWORD_LISTEN##*:}}
exec 3<>"/dev/tcp/${address%:*}/${address##*:}" || exit 1
printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
IFS=' ' read -r -t 4 _ status _ <&3 || exit 1
case $status in
  200 | 421) ;; # 421: it works, and access.hosts does not name this machine
  *) exit 1 ;;
esac

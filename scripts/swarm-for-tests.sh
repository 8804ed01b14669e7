#!/usr/bin/env bash
# Three engines in network namespaces behind a hub namespace, one swarm, one node killed. Draft: uses ./1 ./2 ./3 below /tmp/sw, cleans nothing up.
H=fleetflow-test-shub; ip netns add $H; ip -n $H link add br0 type bridge; ip -n $H link set br0 up
nsenter --net=/run/netns/$H sh -c 'cat /proc/sys/net/bridge/bridge-nf-call-iptables'
for i in 1 2 3; do
 n=fleetflow-test-s$i; ip netns add $n
 ip link add ffs$i netns $H type veth peer name eth0 netns $n
 ip -n $H link set ffs$i master br0 up
 ip -n $n addr add 10.231.77.$i/24 dev eth0; ip -n $n link set eth0 up; ip -n $n link set lo up
 mkdir -p /tmp/sw/$i
 nsenter --net=/run/netns/$n setsid dockerd --data-root /tmp/sw/$i/data --exec-root /tmp/sw/$i/exec -H unix:///tmp/sw/$i/docker.sock --pidfile /tmp/sw/$i/pid --bridge=none --storage-driver vfs > /tmp/sw/$i/log 2>&1 </dev/null &
done
for t in $(seq 30); do sleep 0.5; [ -S 1/docker.sock -a -S 2/docker.sock -a -S 3/docker.sock ] && break; done; sleep 1
D() { docker -H unix:///tmp/sw/$1/docker.sock "${@:2}"; }
mkdir -p img; cp /bin/busybox img/; tar -C img -cf img.tar busybox
for i in 1 2 3; do D $i import img.tar fft/busy:1; done
D 1 swarm init --advertise-addr 10.231.77.1 >/dev/null
T=$(D 1 swarm join-token -q manager)
for i in 2 3; do D $i swarm join --advertise-addr 10.231.77.$i --token $T 10.231.77.1:2377; done
D 1 network create -d overlay ov
D 1 service create --no-resolve-image --detach --name ovs --replicas 3 --network ov --publish 8099:80 fft/busy:1 /busybox httpd -f -p 80
for t in $(seq 15); do sleep 1; [ "$(D 1 service ls --format '{{.Replicas}}')" = 3/3 ] && break; done
date; D 1 node ls; D 1 service ps --format '{{.Name}} {{.Node}} {{.CurrentState}} {{.Error}}' ovs; D 1 service inspect ovs --format '{{json .Endpoint}}'
for i in 1 2 3; do nsenter --net=/run/netns/fleetflow-test-s$i busybox wget -T 3 -q -O- http://10.231.77.$i:8099/ 2>&1 | head -1; done
for i in 1 2 3; do D $i ps -q | wc -l; grep -i 'level=error' $i/log | tail -3; done
echo KILL 3; kill -9 $(cat 3/pid); for p in $(ip netns pids fleetflow-test-s3); do kill -9 $p; done
for t in $(seq 40); do sleep 1; n=$(( $(D 1 ps -q | wc -l) + $(D 2 ps -q | wc -l) )); [ $n = 3 ] && { echo "rescheduled after about $t s"; break; }; done
D 1 node ls; D 1 service ls

"""The screens of drilling down into the frozen demo: the pods of a node, and one of them, by the size of the window."""

from __future__ import annotations

PODS_120 = f"""\
context demo   server v1.33.2   nodes 10/10 ready, 9 reporting   pods 93
CPU    ████████▍·····················   28%  41.5 / 147.2 cores                               ▃
MEMORY ██████▉·······················   23%  147.2 / 621.4 GiB                                ▂
every 60s   09:30:00Z   sampled 0s ago over 15s
pods on node general-1
  NAMESPACE       NAME                           CPU(cores)   MEMORY(bytes)   STATUS             RESTARTS   READY   AGE
  default         api-gp28hkmmnc-jjz9d           231m         499Mi           Running            1          1/1     2d3h
  default         web-nxls8dq2st-5dshl           96m          109Mi           Running            0          2/2     6d3h
  kube-system     aws-node-6bmpd                 7m           69Mi            Running            0          2/2     62d
  kube-system     coredns-s7nzr7hjjn-s6f5r       38m          33Mi            Running            0          1/1     63d
  kube-system     kube-proxy-8vcx9               3m           25Mi            Running            0          1/1     62d
  monitoring      kube-state-met…8f659x2-x2wcs   7m           50Mi            Running            0          1/1     44d
  monitoring      node-exporter-qsc2f            5m           18Mi            Running            0          1/1     43d
  team-checkout   cart-djrthzc6vj-nbbwl          200m         368Mi           Running            4          2/2     10h
  team-checkout   checkout-ndmsvxjpsx-r5vpk      464m         536Mi           Running            0          2/2     3d4h
  team-checkout   checkout-ndmsvxjpsx-zf4ts      483m         517Mi           Running            0          2/2     3d5h
  team-checkout   fraud-scorer-9…tj8g427-z2tsb   <unknown>    <unknown>       CrashLoopBackOff   37         0/1     7h
  team-checkout   payments-hrf9nd4p9z-jsbg9      301m         668Mi           Running            0          1/1     8d
  team-search     indexer-2s92tgqzg2-2kxs4       49m          315Mi           Running            0          1/1     30d
  team-search     search-api-4dxwmcbrpf-b2bbc    544m         644Mi           Running            0          2/2     19h



















{"1–14 of 14":<106}h help  q quit"""

POD_120 = f"""\
context demo   server v1.33.2   nodes 10/10 ready, 9 reporting   pods 93
CPU    ████████▍·····················   28%  41.5 / 147.2 cores                               ▃
MEMORY ██████▉·······················   23%  147.2 / 621.4 GiB                                ▂
every 60s   09:30:00Z   sampled 0s ago over 15s
pod team-checkout/fraud-scorer-9nqtj8g427-z2tsb
  CONTAINER   CPU(USE/REQ/LIM)   MEMORY(USE/REQ/LIM)     READY   WAITING            LAST-TERMINATION-REASON
  app         <unknown>/200m/1   <unknown>/512Mi/512Mi   0/1     CrashLoopBackOff   Error

  status      CrashLoopBackOff, 37 restarts, created 7h ago, Burstable
  node        general-1
  waiting     app: CrashLoopBackOff
  last ended  app: Error 6h52m ago
  condition   PodReadyToStartContainers True since 6h59m
              Initialized True since 7h
              Ready False since 6h59m: ContainersNotReady
              ContainersReady False since 6h59m: ContainersNotReady
              PodScheduled True since 7h
  req/lim     + container app: cpu 200m/1000m, memory 512Mi/512Mi
              = total: cpu 200m/1000m, memory 512Mi/512Mi




















{"1–1 of 1":<106}h help  q quit"""

PODS_80 = """\
context demo   server v1.33.2   nodes 10/10 ready, 9 reporting   pods 93
CPU    ███████··················   28%  41.5 / 147.2 cores                 ▃
MEMORY █████▊···················   23%  147.2 / 621.4 GiB                  ▂
every 60s   09:30:00Z   sampled 0s ago over 15s
pods on node general-1
  NAMESPACE       NAME                              CPU(cores)   MEMORY(bytes) →
  default         api-gp28hkmmnc-jjz9d              231m         499Mi
  default         web-nxls8dq2st-5dshl              96m          109Mi
  kube-system     aws-node-6bmpd                    7m           69Mi
  kube-system     coredns-s7nzr7hjjn-s6f5r          38m          33Mi
  kube-system     kube-proxy-8vcx9                  3m           25Mi
  monitoring      kube-state-metr…vd8f659x2-x2wcs   7m           50Mi
  monitoring      node-exporter-qsc2f               5m           18Mi
  team-checkout   cart-djrthzc6vj-nbbwl             200m         368Mi
  team-checkout   checkout-ndmsvxjpsx-r5vpk         464m         536Mi
  team-checkout   checkout-ndmsvxjpsx-zf4ts         483m         517Mi
  team-checkout   fraud-scorer-9nqtj8g427-z2tsb     <unknown>    <unknown>
  team-checkout   payments-hrf9nd4p9z-jsbg9         301m         668Mi
  team-search     indexer-2s92tgqzg2-2kxs4          49m          315Mi
  team-search     search-api-4dxwmcbrpf-b2bbc       544m         644Mi



1–14 of 14                                                        h help  q quit"""

POD_80 = """\
context demo   server v1.33.2   nodes 10/10 ready, 9 reporting   pods 93
CPU    ███████··················   28%  41.5 / 147.2 cores                 ▃
MEMORY █████▊···················   23%  147.2 / 621.4 GiB                  ▂
every 60s   09:30:00Z   sampled 0s ago over 15s
pod team-checkout/fraud-scorer-9nqtj8g427-z2tsb
  CONTAINER   CPU(USE/REQ/LIM)   MEMORY(USE/REQ/LIM)     READY →
  app         <unknown>/200m/1   <unknown>/512Mi/512Mi   0/1

  status      CrashLoopBackOff, 37 restarts, created 7h ago, Burstable
  node        general-1
  waiting     app: CrashLoopBackOff
  last ended  app: Error 6h52m ago
  condition   PodReadyToStartContainers True since 6h59m
              Initialized True since 7h
              Ready False since 6h59m: ContainersNotReady
              ContainersReady False since 6h59m: ContainersNotReady
              PodScheduled True since 7h
  req/lim     + container app: cpu 200m/1000m, memory 512Mi/512Mi
              = total: cpu 200m/1000m, memory 512Mi/512Mi




1–1 of 1                                                          h help  q quit"""

PODS_60 = """\
CPU █▋···· 28%  MEMORY █▍···· 23%  nodes 10/10 ready
every 60s   09:30:00Z   sampled 0s ago over 15s
pods on node general-1
  NAMESPACE       NAME                          CPU(cores) →
  default         api-gp28hkmmnc-jjz9d          231m
  default         web-nxls8dq2st-5dshl          96m
  kube-system     aws-node-6bmpd                7m
  kube-system     coredns-s7nzr7hjjn-s6f5r      38m
  kube-system     kube-proxy-8vcx9              3m
  monitoring      kube-state-me…8f659x2-x2wcs   7m
  monitoring      node-exporter-qsc2f           5m
  team-checkout   cart-djrthzc6vj-nbbwl         200m
  team-checkout   checkout-ndmsvxjpsx-r5vpk     464m
  team-checkout   checkout-ndmsvxjpsx-zf4ts     483m
1–10 of 14                                    h help  q quit"""

POD_60 = """\
CPU █▋···· 28%  MEMORY █▍···· 23%  nodes 10/10 ready
every 60s   09:30:00Z   sampled 0s ago over 15s
pod team-checkout/fraud-scorer-9nqtj8g427-z2tsb
  CONTAINER   CPU(USE/REQ/LIM)   MEMORY(USE/REQ/LIM) →
  app         <unknown>/200m/1   <unknown>/512Mi/512Mi

  status      CrashLoopBackOff, 37 restarts, created 7h ago,
              Burstable
  node        general-1
  waiting     app: CrashLoopBackOff
  last ended  app: Error 6h52m ago
  condition   PodReadyToStartContainers True since 6h59m
              Initialized True since 7h
              Ready False since 6h59m: ContainersNotReady
1–1 of 1                                      h help  q quit"""

PODS_40 = """\
CPU 28%  MEMORY 23%  nodes 10/10 ready
09:30:00Z   sampled 0s ago over 15s
pods on node general-1
  NAMESPACE    NAME         CPU(cores) →
  default      api-g…jz9d   231m
  default      web-n…dshl   96m
  kube-…stem   aws-n…bmpd   7m
  kube-…stem   cored…6f5r   38m
  kube-…stem   kube-…vcx9   3m
1–5 of 14                 h help  q quit"""

POD_40 = """\
CPU 28%  MEMORY 23%  nodes 10/10 ready
09:30:00Z   sampled 0s ago over 15s
pod team-checkout/fr…er-9nqtj8g427-z2tsb
  CONTAINER   CPU(USE/REQ/LIM) →
  app         <unknown>/200m/1

  status      CrashLoopBackOff, 37
              restarts, created 7h ago,
              Burstable
1–1 of 1                  h help  q quit"""

PODS = {120: PODS_120, 80: PODS_80, 60: PODS_60, 40: PODS_40}
POD = {120: POD_120, 80: POD_80, 60: POD_60, 40: POD_40}

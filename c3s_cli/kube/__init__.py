"""One API server, read through the official client. The only room that imports `kubernetes` and `urllib3`.

access: access_of(target) → Access; cluster: connect(target) → Cluster.get(path); endpoint: a server that is no API
server; answers, streaming: what servers send; secrets: what is hidden in that; deadline: one for each reading;
contexts, kubeconfig: what the files list; plugins: logins shared by clusters. The other files serve these.
"""

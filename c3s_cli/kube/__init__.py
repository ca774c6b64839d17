"""One API server, read through the official client. The only room that imports `kubernetes` and `urllib3`.

access: access_of(target) → Access; cluster: connect(target) → Cluster.get(path); endpoint: a server that is not an API
server; answers, tls_errors, streaming: answers and errors of servers; secrets: hide credentials in them; deadline: one
per reading; contexts, kubeconfig: the kubeconfig files; plugins: logins shared by clusters. The other files serve
these.
"""

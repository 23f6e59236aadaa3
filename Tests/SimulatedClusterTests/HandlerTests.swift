import Testing

@testable import SimulatedCluster

@Suite("API handler")
struct HandlerTests {
  private func ask(_ request: APIRequest, _ store: inout ClusterStore) -> APIReply {
    APIHandler(now: Fixed.date(60)).handle(request, store: &store)
  }

  private func json(_ reply: APIReply) -> JSONValue? { if case .json(_, let value) = reply { value } else { nil } }

  @Test(
    "what is not served answers 501 with a Status, never silence",
    arguments: [
      "/api/v1/secrets", "/apis/apps/v1/deployments", "/metrics", "/", "/api/v2", "/api/v1/namespaces/a/secrets/b",
      "/apis/networking.k8s.io/v1beta1/ingresses", "/api/v1/namespaces/a/configmaps/b/scale", "/_sim/none",
    ])
  func notServed(_ target: String) {
    var store = makeStore()
    let reply = ask(APIRequest(method: "GET", target: target), &store)
    #expect(reply.code == 501)
    #expect(json(reply)?["kind"] == "Status")
    #expect(json(reply)?["reason"] == "NotImplemented")
  }

  @Test("pods are for trial only, other propagation than Background is not served")
  func limits() {
    var store = makeStore()
    let pod = Array(#"{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c"}]}}"#.utf8)
    let path = "/api/v1/namespaces/default/pods"
    #expect(ask(APIRequest(method: "POST", target: path, body: pod), &store).code == 501)
    #expect(ask(APIRequest(method: "POST", target: path + "?dryRun=All", body: pod), &store).code == 201)
    #expect(ask(APIRequest(method: "DELETE", target: path + "/p"), &store).code == 501)
    _ = try? store.create(.configMap, namespace: "default", body: configMap("a"), caller: caller())
    let target = "/api/v1/namespaces/default/configmaps/a?propagationPolicy=Foreground"
    #expect(ask(APIRequest(method: "DELETE", target: target), &store).code == 501)
  }

  @Test("kubectl's tables")
  func tables() throws {
    var store = makeStore()
    let body: JSONValue = ["metadata": ["name": "q"], "spec": ["hard": ["pods": "2", "limits.cpu": "1"]]]
    _ = try store.create(.resourceQuota, namespace: "default", body: body, caller: caller())
    store.runControllers(now: Fixed.date(9))
    let accept = ["accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"]
    let quotas = ask(APIRequest(method: "GET", target: "/api/v1/resourcequotas", headers: accept), &store)
    #expect(json(quotas)?["kind"] == "Table")
    #expect(json(quotas)?["rows"]?.list?.first?["cells"] == ["q", "60s", "pods: 0/2", "limits.cpu: 0/1"])
    // Custom kinds are there only where they were installed.
    for kind in ResourceKind.allCases where kind != .application {
      let prefix = kind.group.isEmpty ? "/api/v1" : "/apis/\(kind.apiVersion)"
      let reply = ask(APIRequest(method: "GET", target: "\(prefix)/\(kind.resource)", headers: accept), &store)
      #expect(json(reply)?["kind"] == "Table")
    }
  }

  @Test("only JSON is spoken")
  func accept() {
    var store = makeStore()
    let headers = ["accept": "application/vnd.kubernetes.protobuf"]
    #expect(ask(APIRequest(method: "GET", target: "/api/v1/namespaces", headers: headers), &store).code == 406)
  }

  @Test(
    "methods that make no sense are 405",
    arguments: ["POST /version", "POST /api/v1/namespaces/a", "PUT /api/v1/namespaces"])
  func methods(_ line: String) {
    var store = makeStore()
    let parts = line.split(separator: " ").map(String.init)
    #expect(ask(APIRequest(method: parts[0], target: parts[1]), &store).code == 405)
  }

  @Test("faults hit the requests they are meant for, as often as told")
  func faults() throws {
    var queue = FaultQueue()
    queue.add(try .init(json: ["status": 429, "retryAfter": 1, "requests": 2, "method": "PATCH"]))
    queue.add(try .init(json: ["delayMilliseconds": 5, "pathPrefix": "/api"]))
    #expect(queue.take(method: "GET", path: "/version") == nil)
    #expect(queue.take(method: "PATCH", path: "/api") == .status(429, retryAfter: 1))
    #expect(queue.take(method: "GET", path: "/api") == .delay(.milliseconds(5)))
    #expect(queue.entries.map(\.json) == [["status": 429, "retryAfter": 1, "requests": 1, "method": "PATCH"]])
    #expect(queue.take(method: "PATCH", path: "/api") != nil)
    #expect(queue.entries.isEmpty)
    queue.add(try .init(json: ["page": 404]))
    #expect(queue.entries.map(\.json) == [["page": 404, "requests": 1]])
    #expect(queue.take(method: "GET", path: "/api") == .page(404))
    queue.add(try .init(json: ["denial": 409, "path": "/api/a"]))
    #expect(queue.entries.map(\.json) == [["denial": 409, "requests": 1, "path": "/api/a"]])
    #expect(queue.take(method: "PATCH", path: "/api/a/b") == nil)
    #expect(queue.take(method: "PATCH", path: "/api/a") == .denial(409))
    for field in ["delayMilliseconds", "delayAnswerMilliseconds", "silenceMilliseconds"] {
      let json = JSONValue.object(["requests": 1, field: 1_500])
      #expect(try FaultQueue.Entry(json: json).json == json)
    }
  }

  @Test(
    "a fault that makes no sense is refused",
    arguments: [
      #"{}"#, #"{"status":200}"#, #"{"page":200}"#, #"{"denial":200}"#, #"{"stat":500}"#,
      #"{"status":500,"requests":0}"#,
      #"{"delayAnswerMilliseconds":-1}"#, #"{"silenceMilliseconds":600001}"#,
    ])
  func badFaults(_ text: String) {
    #expect(throws: StatusError.self) { try FaultQueue.Entry(json: try JSONParser.parse(text)) }
  }
}

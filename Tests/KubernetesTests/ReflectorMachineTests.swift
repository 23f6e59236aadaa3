import Testing

@testable import Kubernetes

/// How one kind of object is followed, without any server.
struct ReflectorMachineTests {
  private typealias Machine = ReflectorMachine<Label>

  private func object(_ name: String, _ version: String, uid: String = "u") -> Observed<Label> {
    Observed(identity: .init(name: name, uid: uid, resourceVersion: version), value: Label(label: name))
  }

  /// Actions as text, which reads well in a failed expectation.
  private func text(_ actions: [Machine.Action]) -> [String] {
    actions.map { action in
      switch action {
      case .list: "list"
      case .look: "look"
      case .watch(let version): "watch \(version)"
      case .wait(let duration): "wait \(duration / .milliseconds(1))"
      case .emit(.synced(let items, let version)):
        "synced \(items.map(\.identity.name).joined(separator: ",")) \(version)"
      case .emit(.applied(let object)): "applied \(object.identity.name)"
      case .emit(.deleted(let object)): "deleted \(object.identity.name)"
      case .emit(.interrupted(let error)): "interrupted \(error.kind.rawValue)"
      case .emit(.resumed): "resumed"
      }
    }
  }

  private func run(_ machine: inout Machine, _ input: Machine.Input) -> [String] {
    text(machine.handle(input, random: 1))
  }

  private func machine() -> Machine {
    Machine(backoff: Backoff(base: .milliseconds(100), limit: .seconds(1)), idleTimeout: .seconds(120))
  }

  private func watching() -> Machine {
    var machine = machine()
    #expect(run(&machine, .started) == ["list"])
    let list = ObjectList(items: [object("a", "3")], resourceVersion: "5")
    #expect(run(&machine, .listed(list)) == ["synced a 5", "watch 5"])
    #expect(run(&machine, .watchOpened) == [])
    return machine
  }

  private func failure(_ kind: KubernetesError.Kind, retryAfter: Duration? = nil) -> KubernetesError {
    KubernetesError(kind: kind, call: "GET /x", retryAfter: retryAfter, message: "")
  }

  @Test func `after a drop the watch goes on from the last version seen`() {
    var machine = watching()
    #expect(run(&machine, .watchEvent(.added(object("b", "6")))) == ["applied b"])
    #expect(run(&machine, .watchEvent(.modified(object("a", "8")))) == ["applied a"])
    #expect(run(&machine, .watchEnded(failure(.connection), lasted: .seconds(1))) == ["wait 100.0"])
    #expect(run(&machine, .waited) == ["watch 8"])
  }

  @Test func `a bookmark and a deletion move the place to go on from`() {
    var machine = watching()
    #expect(run(&machine, .watchEvent(.bookmark(resourceVersion: "20"))) == [])
    #expect(run(&machine, .watchEnded(nil, lasted: .seconds(300))) == ["wait 100.0"])
    #expect(run(&machine, .waited) == ["watch 20"])
    #expect(run(&machine, .watchEvent(.deleted(object("a", "21")))) == ["deleted a"])
    #expect(run(&machine, .watchEnded(nil, lasted: .zero)) == ["wait 100.0"])
    #expect(run(&machine, .waited) == ["watch 21"])
  }

  @Test func `a version too old makes a new list, told in the stream`() {
    var machine = watching()
    #expect(run(&machine, .watchEvent(.error(Status(code: 410, reason: "Expired")))) == ["wait 100.0"])
    #expect(run(&machine, .waited) == ["list"])
    let list = ObjectList<Label>(items: [], resourceVersion: "50")
    #expect(run(&machine, .listed(list)) == ["synced  50", "watch 50"])
  }

  @Test func `a version too old makes a new list, told at the start`() {
    var machine = watching()
    _ = run(&machine, .watchEnded(nil, lasted: .zero))
    #expect(run(&machine, .waited) == ["watch 5"])
    #expect(run(&machine, .watchEnded(failure(.gone), lasted: .zero)) == ["wait 200.0"])
    #expect(run(&machine, .waited) == ["list"])
  }

  @Test func `a server that is away is told once, and once when it is back`() {
    var machine = watching()
    _ = run(&machine, .watchEnded(failure(.connection), lasted: .seconds(60)))
    #expect(run(&machine, .waited) == ["watch 5"])
    #expect(
      run(&machine, .watchEnded(failure(.connection), lasted: .zero)) == ["interrupted connection", "wait 200.0"])
    #expect(run(&machine, .waited) == ["watch 5"])
    #expect(run(&machine, .watchEnded(failure(.connection), lasted: .zero)) == ["wait 400.0"])
    #expect(run(&machine, .waited) == ["watch 5"])
    #expect(run(&machine, .watchOpened) == ["resumed"])
  }

  @Test func `a server that fails in another way than before is told again`() {
    var machine = machine()
    _ = run(&machine, .started)
    #expect(run(&machine, .listFailed(failure(.forbidden))) == ["interrupted forbidden", "wait 100.0"])
    #expect(run(&machine, .waited) == ["list"])
    #expect(run(&machine, .listFailed(failure(.notFound))) == ["interrupted notFound", "wait 200.0"])
    #expect(run(&machine, .waited) == ["list"])
    #expect(run(&machine, .listFailed(failure(.notFound))) == ["wait 400.0"])
  }

  @Test func `a list that fails is tried again, as late as the server asks`() {
    var machine = machine()
    _ = run(&machine, .started)
    let error = failure(.tooManyRequests, retryAfter: .seconds(9))
    #expect(run(&machine, .listFailed(error)) == ["interrupted tooManyRequests", "wait 9000.0"])
    #expect(run(&machine, .waited) == ["list"])
    let list = ObjectList<Label>(items: [], resourceVersion: "1")
    #expect(run(&machine, .listed(list)) == ["resumed", "synced  1", "watch 1"])
  }

  @Test func `an error in the stream that is no 410 is told and the watch resumed`() {
    var machine = watching()
    let status = Status(code: 500, message: "etcd")
    #expect(run(&machine, .watchEvent(.error(status))) == ["interrupted server", "wait 100.0"])
    #expect(run(&machine, .waited) == ["watch 5"])
  }

  @Test func `an object that cannot be read is told and all listed anew`() {
    var machine = watching()
    let end = Machine.Input.watchEnded(failure(.decoding), lasted: .seconds(5))
    #expect(run(&machine, end) == ["interrupted decoding", "wait 100.0"])
    #expect(run(&machine, .waited) == ["list"])
  }

  @Test func `watches that end at once come ever more slowly, good ones do not`() {
    var machine = watching()
    var waits: [[String]] = []
    for lasted in [0, 0, 0, 60, 0] as [Int64] {
      waits.append(run(&machine, .watchEnded(nil, lasted: .seconds(lasted))))
      _ = run(&machine, .waited)
      _ = run(&machine, .watchOpened)
    }
    #expect(waits == [["wait 100.0"], ["wait 200.0"], ["wait 400.0"], ["wait 100.0"], ["wait 200.0"]])
  }

  @Test func `a watch that fell silent is followed by a list where the server's version is lower, which holds`() {
    var machine = watching()
    #expect(run(&machine, .watchEnded(failure(.timeout), lasted: .seconds(120))) == ["wait 100.0"])
    #expect(run(&machine, .waited) == ["look"])
    #expect(run(&machine, .looked(at: "3")) == ["list"])
    let list = ObjectList(items: [object("b", "2")], resourceVersion: "3")
    #expect(run(&machine, .listed(list)) == ["synced b 3", "watch 3"])
    #expect(run(&machine, .watchOpened) == [])
    #expect(run(&machine, .watchEvent(.modified(object("b", "4")))) == ["applied b"])
    #expect(run(&machine, .watchEnded(failure(.timeout), lasted: .seconds(150))) == ["wait 100.0"])
    #expect(run(&machine, .waited) == ["look"])
  }

  @Test(arguments: [("5", ["watch 5"]), ("9", ["watch 5"]), ("10", ["watch 5"]), ("4", ["list"]), ("v6", ["list"])])
  func `a kind that rests is listed anew only where the server's version is lower, or is no number`(
    version: String, next: [String]
  ) {
    var machine = watching()
    _ = run(&machine, .watchEnded(failure(.timeout), lasted: .seconds(120)))
    #expect(run(&machine, .waited) == ["look"])
    #expect(run(&machine, .looked(at: version)) == next)
  }

  @Test func `a kind that rests for half an hour in all is listed anew, whatever the server's version is`() {
    var machine = watching()
    func rest(_ machine: inout Machine) -> [String] {
      _ = run(&machine, .watchEnded(failure(.timeout), lasted: .seconds(120)))
      let next = run(&machine, .waited)
      if next == ["look"] { _ = run(&machine, .looked(at: "50")) }
      _ = run(&machine, .watchOpened)
      return next
    }
    for _ in 1...14 { #expect(rest(&machine) == ["look"]) }
    // A word is no silence, and takes none away that was before.
    _ = run(&machine, .watchEvent(.bookmark(resourceVersion: "9")))
    _ = run(&machine, .watchEnded(nil, lasted: .seconds(300)))
    _ = run(&machine, .waited)
    _ = run(&machine, .watchOpened)
    #expect(rest(&machine) == ["list"])
    _ = run(&machine, .listed(ObjectList(items: [], resourceVersion: "60")))
    _ = run(&machine, .watchOpened)
    #expect(rest(&machine) == ["look"])
  }

  @Test func `a look that fails is told and tried again, and one that cannot be read is followed by a list`() {
    var machine = watching()
    _ = run(&machine, .watchEnded(failure(.timeout), lasted: .seconds(120)))
    #expect(run(&machine, .waited) == ["look"])
    #expect(run(&machine, .lookFailed(failure(.connection))) == ["interrupted connection", "wait 200.0"])
    #expect(run(&machine, .waited) == ["look"])
    #expect(run(&machine, .looked(at: "5")) == ["resumed", "watch 5"])
    _ = run(&machine, .watchOpened)
    _ = run(&machine, .watchEnded(failure(.timeout), lasted: .seconds(120)))
    #expect(run(&machine, .waited) == ["look"])
    #expect(run(&machine, .lookFailed(failure(.decoding))) == ["interrupted decoding", "wait 200.0"])
    #expect(run(&machine, .waited) == ["list"])
  }

  @Test func `silent watches that somebody ends before their time are added up, up to a word`() {
    var machine = watching()
    func watch(_ machine: inout Machine, for seconds: Int64, telling event: WatchEvent<Label>? = nil) -> [String] {
      if let event { _ = run(&machine, .watchEvent(event)) }
      _ = run(&machine, .watchEnded(failure(.connection), lasted: .seconds(seconds)))
      let next = run(&machine, .waited)
      _ = run(&machine, .watchOpened)
      return next
    }
    #expect(watch(&machine, for: 50) == ["watch 5"])
    #expect(watch(&machine, for: 50) == ["watch 5"])
    #expect(watch(&machine, for: 50, telling: .bookmark(resourceVersion: "9")) == ["watch 9"])
    #expect(watch(&machine, for: 50) == ["watch 9"])
    #expect(watch(&machine, for: 50) == ["watch 9"])
    #expect(watch(&machine, for: 50) == ["look"])
    #expect(run(&machine, .looked(at: "2")) == ["list"])
    _ = run(&machine, .listed(ObjectList(items: [], resourceVersion: "2")))
    _ = run(&machine, .watchOpened)
    #expect(watch(&machine, for: 50) == ["watch 2"])
  }

  @Test func `late news changes nothing`() {
    var machine = watching()
    _ = run(&machine, .watchEnded(nil, lasted: .zero))
    #expect(run(&machine, .watchEvent(.added(object("b", "99")))) == [])
    #expect(run(&machine, .waited) == ["watch 5"])
  }

  @Test func `a list tells what vanished, also when another took the name`() {
    var cache = ObjectCache<Label>()
    #expect(cache.absorb(.synced([object("a", "1"), object("b", "2")], resourceVersion: "2")).count == 1)
    #expect(cache.absorb(.applied(object("c", "3"))) == [.applied(object("c", "3"))])
    #expect(cache.absorb(.deleted(object("c", "4"))).count == 1)
    #expect(cache.objects.count == 2)
    let again = InformerEvent.synced([object("b", "9", uid: "other")], resourceVersion: "9")
    let news = cache.absorb(again)
    #expect(news.count == 3 && news.last == again)
    #expect(news.contains(.deleted(object("a", "1"))) && news.contains(.deleted(object("b", "2"))))
    #expect(cache.objects[ObjectKey(name: "b")]?.identity.uid == "other")
    #expect(cache.absorb(.resumed) == [.resumed] && cache.objects.count == 1)
  }
}

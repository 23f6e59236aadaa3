import Foundation
import Model
import TestSupport

@testable import GitOps

/// A machine, a branch in memory, other writers, and everything that can go wrong between them.
struct World {
  private var dice: Dice
  private var machine = World.fresh()
  /// What the machine asked for and has no answer to.
  private var pending: [RepositoryMachine.Action] = []
  private var wake: Date?
  private(set) var now = Fixtures.start
  /// Every commit there ever was: whoever writes by force may bring one back.
  private var history: [String: [String: [UInt8]]] = ["0": [:]]
  private(set) var head = "0"
  private var committed: (id: String, onto: String, changes: [FolderChange])?
  private(set) var desired: [UUID: DesiredPlacement] = [:]
  private(set) var standings: [UUID: PlacementStanding] = [:]
  /// Foreign files below our path, and files outside of it, that must stay as they are.
  private var theirs: [String: [UInt8]] = [:]
  /// What must never be.
  private(set) var faults: [String] = []
  private(set) var pushes = 0

  private static let delay: TimeInterval = 100

  private static func fresh() -> RepositoryMachine {
    RepositoryMachine(path: "regie", pollInterval: 60, namespaceDelay: delay)
  }

  init(seed: UInt64) {
    dice = Dice(seed: seed)
    feed(.begin)
  }

  var files: [String: [UInt8]] { history[head] ?? [:] }

  mutating func run(steps: Int) {
    for _ in 0..<steps {
      switch Int.random(in: 0..<20, using: &dice) {
      case 0...2: decide()
      case 3: interfere()
      case 4: restart()
      case 5: pass(TimeInterval(Int.random(in: 1...80, using: &dice)))
      case 6: feed(.refresh)
      default: answer(mayFail: true)
      }
    }
  }

  /// Nothing goes wrong any more, and time passes until nothing is left to do.
  mutating func settle() {
    for _ in 0..<200 {
      while !pending.isEmpty { answer(mayFail: false) }
      if standings.values.allSatisfy({ $0 == .written || $0 == .removed }), standings.count == desired.count {
        feed(.refresh)
        while !pending.isEmpty { answer(mayFail: false) }
        if standings.values.allSatisfy({ $0 == .written || $0 == .removed }) { return }
      }
      pass(60)
    }
    faults.append("it does not come to rest: \(standings)")
  }

  /// What the branch must hold when all is at rest.
  var wanted: [String: [UInt8]] {
    var memory = Memory()
    for placement in desired.values where placement.phase != .removed { memory.settle(placement, at: now) }
    return memory.files.merging(theirs) { first, _ in first }
  }

  // MARK: What happens

  private mutating func decide() {
    let number = Int.random(in: 1...4, using: &dice)
    let known = desired[Fixtures.id(number)]
    let phases: [PlacementPhase] = [.active, .active, .frozen, .draining, .removed]
    let phase = known == nil ? .active : phases[Int.random(in: 0..<phases.count, using: &dice)]
    let placement = try? Fixtures.desired(
      number, revision: (known?.version.revision ?? 0) + 1, phase: phase, cpu: Int64.random(in: 1...8, using: &dice),
      cluster: number.isMultiple(of: 2) ? "a" : "b",
      notBefore: phase == .removed ? now + TimeInterval(Int.random(in: -50...100, using: &dice)) : nil)
    guard let placement else { return faults.append("a state can not be made") }
    desired[placement.placement] = placement
    feed(.desired(placement))
  }

  /// Another writer: a foreign file, a hand edit of ours, or an old commit brought back by force.
  private mutating func interfere() {
    var files = files
    switch Int.random(in: 0..<4, using: &dice) {
    case 0:
      let path = ["README.md", "regie/notes", "regie/a/x/y"][Int.random(in: 0..<3, using: &dice)]
      theirs[path] = [UInt8.random(in: 0...255, using: &dice)]
    case 1:
      guard let path = ours.randomElement(using: &dice) else { return }
      files[path] = Bool.random(using: &dice) ? nil : Array("by hand".utf8)
    case 2:
      guard let placement = desired.values.sorted(by: { $0.id < $1.id }).randomElement(using: &dice) else { return }
      let path = "regie/\(placement.cluster)/\(placement.id)/theirs.yaml"
      theirs[path] = [1]
    default:
      guard let old = history.keys.sorted().randomElement(using: &dice) else { return }
      files = history[old] ?? [:]
    }
    // What others had before, they keep: who brings back an old commit brings their files along.
    for path in files.keys where !isOurs(path) { files[path] = nil }
    files.merge(theirs) { $1 }
    let id = "f\(history.count)"
    history[id] = files
    head = id
  }

  private mutating func restart() {
    machine = Self.fresh()
    pending = []
    wake = nil
    committed = nil
    standings = [:]
    for placement in desired.values.sorted(by: { $0.id < $1.id }) { feed(.desired(placement)) }
    feed(.begin)
  }

  private mutating func pass(_ seconds: TimeInterval) {
    now += seconds
    if let wake, now >= wake { feed(.alarm) }
  }

  // MARK: The shell

  private mutating func feed(_ event: RepositoryMachine.Event) {
    for action in machine.handle(event, at: now) {
      switch action {
      case .report(let news): standings.merge(news.mapValues(\.standing)) { $1 }
      case .health: break
      case .wake(let moment): wake = moment
      default: pending.append(action)
      }
    }
    if pending.count > 1 { faults.append("two steps under way: \(pending)") }
  }

  private mutating func answer(mayFail: Bool) {
    guard let action = pending.popLast() else { return }
    let fails = mayFail && Int.random(in: 0..<6, using: &dice) == 0
    let kinds: [GitFailure.Kind] = [.unreachable, .corrupted, .unauthenticated, .timeout, .refused]
    let kind = kinds[Int.random(in: 0..<kinds.count, using: &dice)]
    let failure = GitFailure(kind: kind, operation: "x", message: "")
    switch action {
    case .synchronize:
      if fails { return feed(.failed(failure)) }
      var memory = Memory()
      memory.head = head
      memory.files = files
      feed(.synchronized(memory.tree))
    case .discard:
      committed = nil
      feed(fails ? .failed(failure) : .discarded)
    case .commit(let changes, let onto):
      if fails { return feed(.failed(failure)) }
      committed = ("c\(history.count)-\(pushes)", onto ?? "", changes)
      feed(.committed(committed?.id ?? ""))
      // What is made counts once it is to be sent, by what is decided then.
      if pending.contains(where: { if case .push = $0 { true } else { false } }) { judge(changes, onto: onto ?? "") }
    case .push(let id, let onto): push(id, onto: onto ?? "", fails ? failure : nil)
    default: break
    }
  }

  private mutating func push(_ id: String, onto: String, _ failure: GitFailure?) {
    guard let committed, committed.id == id, committed.onto == onto else {
      return faults.append("\(id) was pushed without having been made upon \(onto)")
    }
    // A push may come through although its answer is lost.
    if let failure, Bool.random(using: &dice) { return feed(.failed(failure)) }
    guard head == onto else {
      return feed(.failed(GitFailure(kind: .raced, operation: "push", message: "")))
    }
    var files = files
    for edit in committed.changes.flatMap(\.edits) { files[edit.path] = edit.content }
    history[id] = files
    head = id
    pushes += 1
    feed(failure.map { .failed($0) } ?? .pushed)
  }

  // MARK: What must hold of each commit

  private var ours: [String] { files.keys.filter(isOurs).sorted() }

  private func isOurs(_ path: String) -> Bool {
    RepositoryLayout(path: "regie").parts(of: path).map { $0.file != "theirs.yaml" } ?? false
  }

  private mutating func judge(_ changes: [FolderChange], onto: String) {
    let before = history[onto] ?? [:]
    for change in changes {
      let known = desired[change.placement]
      if change.edits.isEmpty { faults.append("an empty commit") }
      for edit in change.edits {
        if !isOurs(edit.path) { faults.append("\(edit.path) is not ours") }
        if edit.content == before[edit.path] { faults.append("\(edit.path) is committed without a change") }
        guard edit.content == nil else { continue }
        if edit.path.hasSuffix("/namespace.yaml") { judgeLoss(of: edit.path, known, before) }
        if known?.phase == .removed, let from = known?.notBefore, now < from {
          faults.append("\(edit.path) goes early")
        }
      }
    }
  }

  private mutating func judgeLoss(of path: String, _ known: DesiredPlacement?, _ before: [String: [UInt8]]) {
    let record = path.replacing("namespace.yaml", with: "placement.json")
    let text = before[record].map { String(decoding: $0, as: UTF8.self) } ?? ""
    if known?.phase != .removed { faults.append("\(path) goes without a removal") }
    if !text.contains("\"stage\" : \"released\"") { faults.append("\(path) goes in the first step") }
    let objects = before.keys.filter {
      $0.hasPrefix(path.dropLast("namespace.yaml".count)) && $0.contains("resourcequota")
    }
    if !objects.isEmpty, text.contains("\"revision\" : \(known?.version.revision ?? 0),") == false {
      faults.append("\(path) goes together with its objects")
    }
  }
}

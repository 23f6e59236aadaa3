internal import Foundation

/// The steps that a ``RepositoryMachine`` asks for, on a bare clone that holds nothing but the branch's last commit.
struct GitRepository: Sendable {
  private static let seenRef = "refs/regie/seen"
  /// So much of records is read at once, in bytes: well below what is taken from a process.
  private static let batchSize = 16 << 20

  private let configuration: GitOpsConfiguration
  private let git: GitProgram
  private let layout: RepositoryLayout
  private var seen: RepositoryTree?
  /// Fetches and commits, those that failed too, after which the clone is thrown away, since nothing else tidies it up.
  var writeLimit = 1000
  private var writes = 0
  private var isClaimed = false

  init(_ configuration: GitOpsConfiguration) {
    self.configuration = configuration
    git = GitProgram(program: configuration.program, variables: GitEnvironment.variables(for: configuration))
    layout = RepositoryLayout(path: configuration.path)
  }

  private var branch: String { "refs/heads/\(configuration.branch)" }

  /// What the branch holds now.
  mutating func synchronize() async throws -> RepositoryTree {
    try await claim()
    // Also where the branch stands still: what its server does not take is committed anew each time.
    if writes >= writeLimit { try await discard() }
    guard let head = try await remoteHead() else { return RepositoryTree(head: nil) }
    if let seen, seen.head == head { return seen }
    seen = nil
    try await prepare(idLength: head.utf8.count)
    try await fetch()
    let tree = try await readTree()
    seen = tree
    return tree
  }

  private mutating func fetch() async throws {
    writes += 1
    do {
      try await call(
        [
          "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", configuration.url,
          "+\(branch):\(Self.seenRef)",
        ],
        deadline: configuration.networkDeadline)
    } catch {
      await removeUnfinished()
      throw error
    }
  }

  /// A Git that is killed leaves what it was writing, as much as it had received by then. What can not be removed stays
  /// until the clone goes: it is not what failed.
  private func removeUnfinished() async {
    let objects = "\(configuration.gitFolder)/objects"
    try? await BlockingWork.run {
      for path in try FileManager.default.subpathsOfDirectory(atPath: objects)
      where path.split(separator: "/").last?.hasPrefix("tmp_") == true {
        try? FileManager.default.removeItem(atPath: "\(objects)/\(path)")
      }
    }
  }

  /// Comes before any process of Git that reads the clone's settings. The folder may be lost at any time, and so is looked
  /// at each time. What lies in the clone's place at first was not put there by this life, and is no loss.
  private mutating func claim() async throws {
    let folder = configuration.clone
    try await BlockingWork.run { try CloneFolder.claim(folder) }
    guard !isClaimed else { return }
    try await discard()
    isClaimed = true
  }

  /// The clone goes, whatever is in it.
  mutating func discard() async throws {
    seen = nil
    writes = 0
    let folder = configuration.gitFolder
    try await BlockingWork.run {
      if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
    }
  }

  /// Makes the commits in the clone.
  ///
  /// - Returns: The last one.
  mutating func commit(_ changes: [FolderChange], onto head: String?, at moment: Date) async throws -> String {
    writes += 1
    if head == nil { try await prepare(idLength: 40) }
    let stream = FastImport.stream(changes, onto: head, author: configuration.author, at: moment)
    let output = try await call(["fast-import", "--quiet", "--force", "--done"], input: stream)
    let commit = Self.text(output)
    guard Self.isID(commit) else {
      throw GitFailure(kind: .other, operation: "fast-import", message: "“\(commit)” is no commit")
    }
    return commit
  }

  /// Sends a commit if the branch is still at `head`, or still not there: `--force-with-lease` compares and sets, and so
  /// a branch that was put back by hand in the meantime is not put forward again unseen.
  func push(_ commit: String, onto head: String?, isRehearsal: Bool = false) async throws {
    let answer = try await git.run(
      ["push"] + (isRehearsal ? ["--dry-run"] : []) + [
        "--porcelain", "--no-verify", "--force-with-lease=\(branch):\(head ?? "")", configuration.url,
        "\(commit):\(branch)",
      ], deadline: configuration.networkDeadline)
    guard answer.code != 0 else { return }
    var failure =
      GitFailure(pushOutput: String(decoding: answer.output, as: UTF8.self))
      ?? GitFailure(operation: "push", output: answer.error)
    if failure.kind == .refused {
      failure = GitFailure(
        kind: .refused, operation: "push", message: "\(failure.message) · \(GitFailure.oneLine(answer.error))")
    }
    throw failure
  }

  /// Asks the server whether it would take a commit, and sends none: up to that point all is as in a real push.
  mutating func rehearse(onto head: String?) async throws {
    try await claim()
    try await prepare(idLength: head?.utf8.count ?? 40)
    let id = UUID()
    let edit = FolderChange.Edit(path: "\(configuration.path)/check", content: [])
    let change = FolderChange(
      placement: id, decision: id, version: PlacementVersion(epoch: 1, revision: 1), step: .place, edits: [edit],
      message: "check")
    let stream = FastImport.stream(
      [change], onto: nil, author: configuration.author, at: Date(timeIntervalSince1970: 0))
    let commit = Self.text(try await call(["fast-import", "--quiet", "--force", "--done"], input: stream))
    try await push(commit, onto: head, isRehearsal: true)
  }

  func remoteHead() async throws -> String? {
    // Outside of the clone, which may not be there yet.
    let output = try await call(
      ["ls-remote", "--heads", configuration.url, branch], deadline: configuration.networkDeadline)
    for line in Self.text(output).split(separator: "\n") {
      let columns = line.split(separator: "\t")
      if columns.count == 2, columns[1] == branch, Self.isID(String(columns[0])) { return String(columns[0]) }
    }
    return nil
  }

  private func prepare(idLength: Int) async throws {
    let folder = configuration.gitFolder
    let isThere = try await BlockingWork.run {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      return FileManager.default.fileExists(atPath: "\(folder)/HEAD")
    }
    guard !isThere else { return }
    try await call(["init", "--quiet", "--bare", "--object-format=\(idLength == 64 ? "sha256" : "sha1")"])
  }

  @discardableResult
  private func call(_ arguments: [String], input: [UInt8] = [], deadline: Duration? = nil) async throws -> [UInt8] {
    let answer = try await git.run(arguments, input: input, deadline: deadline ?? configuration.localDeadline)
    guard answer.code == 0 else {
      throw GitFailure(operation: arguments.first ?? "git", output: answer.error)
    }
    return answer.output
  }

  private func readTree() async throws -> RepositoryTree {
    let head = Self.text(try await call(["rev-parse", "--verify", "\(Self.seenRef)^{commit}"]))
    if !layout.ancestors.isEmpty {
      let above = TreeListing.entries(
        try await call(["ls-tree", "-z", "-l", "--full-tree", head, "--"] + layout.ancestors))
      if let obstacle = above.first(where: { $0.entry.mode != "040000" }) {
        let message = "\(obstacle.path) is a file, and Régie’s path is \(layout.path)"
        throw GitFailure(kind: .obstructed, operation: "ls-tree", message: message)
      }
    }
    let listing = TreeListing.entries(
      try await call(["ls-tree", "-r", "-z", "-l", "--full-tree", head, "--", layout.path]))
    let entries = Dictionary(listing.map { ($0.path, $0.entry) }, uniquingKeysWith: { first, _ in first })
    return RepositoryTree(head: head, entries: entries, records: try await readRecords(in: listing, of: head))
  }

  private func readRecords(in listing: [TreeListing.Line], of head: String) async throws -> [String: [UInt8]] {
    let found = listing.filter { layout.isRecord($0) }
    // One object may lie in many places.
    let sizes = Dictionary(found.map { ($0.entry.id, $0.size ?? 0) }, uniquingKeysWith: { first, _ in first })
    var contents: [String: [UInt8]] = [:]
    for ids in Self.batches(of: sizes) {
      let asked = ids.map { "\($0)\n" }.joined()
      let read = TreeListing.contents(try await call(["cat-file", "--batch"], input: Array(asked.utf8)))
      guard read.count == ids.count else {
        throw GitFailure(kind: .corrupted, operation: "cat-file", message: "the clone lacks objects of \(head)")
      }
      contents.merge(zip(ids, read), uniquingKeysWith: { first, _ in first })
    }
    var records: [String: [UInt8]] = [:]
    for line in found { records[line.path] = contents[line.entry.id] }
    return records
  }

  /// Objects by their sizes, in parts that are each read at once.
  private static func batches(of sizes: [String: Int]) -> [[String]] {
    // Before each there is a line that names it.
    let heading = 128
    var batches: [[String]] = []
    var batch: [String] = []
    var total = 0
    for (id, size) in sizes {
      if !batch.isEmpty, total + size + heading > batchSize {
        batches.append(batch)
        (batch, total) = ([], 0)
      }
      batch.append(id)
      total += size + heading
    }
    return batch.isEmpty ? batches : batches + [batch]
  }

  private static func text(_ output: [UInt8]) -> String {
    String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func isID(_ text: String) -> Bool {
    [40, 64].contains(text.utf8.count) && text.allSatisfy { $0.isHexDigit && !$0.isUppercase }
  }
}

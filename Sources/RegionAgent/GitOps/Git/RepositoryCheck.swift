internal import Foundation

/// Looks whether a writer could do its work, and changes nothing at the server: the branch is asked for, and a push is
/// rehearsed, for which the server wants the same credentials and rights as for a real one. What a hook or a protected branch
/// would say of it is not heard before.
public struct RepositoryCheck: Sendable {
  /// What was found.
  public struct Finding: Sendable, Hashable {
    /// What was tried: `branch main` or `push`.
    public var check: String
    /// Whether it works.
    public var isGood: Bool
    /// The branch's commit, or why it does not work.
    public var detail: String
  }

  private var configuration: GitOpsConfiguration

  /// A look at the repository of a writer that is configured so. The writer's own clone is left alone.
  public init(_ configuration: GitOpsConfiguration) {
    self.configuration = configuration
    let folder = FileManager.default.temporaryDirectory.appending(path: "regie-check-\(UUID().uuidString)")
    self.configuration.clone = folder.path
  }

  /// Looks, and leaves nothing behind.
  public func run() async -> [Finding] {
    var repository = GitRepository(configuration)
    let branch = "branch \(configuration.branch)"
    var findings: [Finding] = []
    do {
      let head = try await repository.remoteHead()
      let detail = head.map { "at \($0)" } ?? "not there yet; the first commit makes it"
      findings.append(Finding(check: branch, isGood: true, detail: detail))
      try await repository.rehearse(onto: head)
      findings.append(Finding(check: "push", isGood: true, detail: "would be taken (rehearsed, nothing was sent)"))
    } catch {
      let check = findings.isEmpty ? branch : "push"
      findings.append(Finding(check: check, isGood: false, detail: "\(error)"))
      if check != "push" { findings.append(Finding(check: "push", isGood: false, detail: "not asked")) }
    }
    try? await repository.discard()
    let folder = configuration.clone
    try? await BlockingWork.run { try FileManager.default.removeItem(atPath: folder) }
    return findings
  }
}

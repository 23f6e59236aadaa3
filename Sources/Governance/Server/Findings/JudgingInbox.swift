import Store

/// What may have to be judged anew, and is not yet: pure, and bounded, since it falls back to judging everything.
struct JudgingInbox: Sendable {
  /// What is to be judged.
  enum Work: Sendable, Equatable {
    /// Everything, whatever was judged before: notifications may have been lost.
    case everything
    /// Everything, where offer, policy, day or derogations are others than the last time.
    case ifChanged
    /// A few projects.
    case projects([String])
  }

  /// From so many projects on, everything is judged.
  static let mostProjects = 5_000

  private var everything = false
  private var isChanged = false
  private var projects: Set<String> = []

  /// Notifications arrive from now on; what came before is not known.
  mutating func reconnected() {
    everything = true
  }

  /// A notification, or the moment at which something changes by time alone.
  mutating func offerMayHaveChanged() {
    isChanged = true
  }

  /// A notification: one project per line, and last the transaction that has changed them.
  mutating func projectsChanged(_ payload: String) {
    let names = payload.split(separator: "\n").filter { !$0.hasPrefix("#") }
    add(names.map(String.init))
  }

  private mutating func add(_ names: [String]) {
    projects.formUnion(names)
    if projects.count > Self.mostProjects { reconnected() }
  }

  /// What is to be done first; nil where nothing is. From now on it counts as done.
  mutating func take() -> Work? {
    if everything {
      self = JudgingInbox()
      return .everything
    }
    if isChanged {
      isChanged = false
      return .ifChanged
    }
    guard !projects.isEmpty else { return nil }
    defer { projects = [] }
    return .projects(projects.sorted())
  }

  /// What was taken could not be done.
  mutating func putBack(_ work: Work) {
    switch work {
    case .everything: everything = true
    case .ifChanged: isChanged = true
    case .projects(let names): add(names)
    }
  }

  /// Takes back what a judgement has left out: all of it, or the projects that have moved meanwhile.
  ///
  /// - Returns: whether there is any.
  mutating func takeBack(_ work: Work, after result: JudgingResult) -> Bool {
    guard result.hasMoved || !result.moved.isEmpty else { return false }
    putBack(result.hasMoved ? work : .projects(result.moved))
    return true
  }
}

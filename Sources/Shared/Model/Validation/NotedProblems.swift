/// The problems of one text, or of one resource, as they are found. The first ones are listed, as many as anyone reads,
/// and errors and warnings each by themselves: no error is lost behind warnings. Of what is beyond only the number is
/// kept, so that neither memory nor time grows with how much is wrong.
struct NotedProblems: Sendable {
  /// So many errors are listed, and so many warnings.
  static let most = 100

  private(set) var listed: [FieldProblem] = []
  private var errors = 0
  private var warnings = 0

  init() {}

  /// Those of a list that was made without regard to its length.
  init(_ problems: [FieldProblem]) {
    for problem in problems where counts(problem.severity) { list(problem) }
  }

  /// All that were found, listed or not.
  var count: Int { errors + warnings }

  /// Counts a problem.
  ///
  /// - Returns: whether it is to be listed. What is not is not put into words either: looking for what somebody meant
  ///   costs more than finding that it is wrong.
  mutating func counts(_ severity: FieldProblem.Severity) -> Bool {
    switch severity {
    case .error:
      errors += 1
      return errors <= Self.most
    case .warning:
      warnings += 1
      return warnings <= Self.most
    }
  }

  /// Lists a problem that was counted.
  mutating func list(_ problem: FieldProblem) { listed.append(problem) }

  /// Those that are listed, and behind them, where that is not all, how many more there are.
  func problems(at path: String) -> [FieldProblem] { listed + [remark(at: path)].compactMap(\.self) }

  /// What says that not all problems are listed; nil where they are. It is an error where errors are left out.
  func remark(at path: String) -> FieldProblem? {
    let left = count - listed.count
    guard left > 0 else { return nil }
    return FieldProblem(
      path: path, message: "not all problems are listed: \(left) more",
      messageFR: "tous les problèmes ne sont pas listés : \(left) de plus",
      severity: errors > Self.most ? .error : .warning)
  }
}

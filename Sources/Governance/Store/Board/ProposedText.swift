import Model
import Policy

/// A text that is to be proposed, beside those that it goes on from or brings back. What is wrong with one of these, at the
/// same place, was taken by the rules of its day: it keeps nobody from restricting what is in force, or from going back.
struct ProposedText: Sendable {
  /// The policy's.
  let name: String
  let spec: PolicySpec
  /// The texts of versions that there are.
  let taken: [PolicySpec]

  /// What the fields have wrong.
  var problems: [FieldProblem] {
    fresh { Resource(name, $0).problems.filter { $0.severity == .error } }
  }

  /// What the text has wrong as a whole.
  var findings: [Finding] {
    fresh { PolicyValidator.findings(in: $0).filter { $0.severity == .error } }
  }

  private func fresh<Fault: Hashable>(_ errors: (PolicySpec) -> [Fault]) -> [Fault] {
    let found = errors(spec)
    guard !found.isEmpty else { return [] }
    let known = Set(taken.flatMap(errors))
    return found.filter { !known.contains($0) }
  }
}

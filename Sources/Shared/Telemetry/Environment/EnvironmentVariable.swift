/// A variable that a program reads, for its help and its documentation.
public struct EnvironmentVariable: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// What would be accepted.
  public let accepted: String
  /// The value if it is not set; `nil` also for one that may be left out, see ``isRequired``.
  public let defaultText: String?
  /// Whether the program refuses to start without it.
  public let isRequired: Bool
  /// What it is for, one sentence.
  public let documentation: String

  /// Lines for `--help`, in the order read.
  public static func text(_ variables: [EnvironmentVariable]) -> String {
    variables.map { variable in
      "  \(variable.name)\n      \(variable.documentation)\n      \(variable.accepted); \(variable.presence)\n"
    }.joined()
  }

  /// A table for the documentation, in the order read.
  public static func markdown(_ variables: [EnvironmentVariable]) -> String {
    let rows = variables.map { variable in
      let cells = [variable.documentation, variable.accepted, variable.presence]
      let text = cells.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
      return "| `\(variable.name)` | \(text.joined(separator: " | ")) |\n"
    }
    return "| variable | meaning | accepted | if unset |\n|---|---|---|---|\n" + rows.joined()
  }

  private var presence: String {
    defaultText.map { "default \($0)" } ?? (isRequired ? "required" : "optional")
  }
}

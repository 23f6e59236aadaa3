import ArgumentParser

/// Why something is done, for the audit trail.
struct ReasonOption: ParsableArguments {
  @Option(name: .long, help: "Pourquoi, pour le journal d'audit. / Why, for the audit trail.")
  var reason: String?

  /// The part of an address that says it; empty where nothing is said.
  var query: String { reason.map { "?reason=\(APIClient.part($0))" } ?? "" }
}

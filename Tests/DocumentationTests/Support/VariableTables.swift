import Foundation

/// Environment variables, as sources and pages name them.
enum VariableTables {
  /// Names that are put together of a prefix and a property, and so stand nowhere in full.
  static let composed: Set<String> = ["KAFKA_SSL_CA_LOCATION"]

  /// Variables of libpq, with the parameter that each stands for.
  static func postgres() throws -> [(variable: String, parameter: String)] {
    try Repository.text("Sources/Governance/Postgres/PostgresConfiguration+Environment.swift")
      .matches(of: /"(PG[A-Z]+)": "([a-z_]+)"/).map { (String($0.1), String($0.2)) }.sorted {
        $0.variable < $1.variable
      }
  }

  /// The names of Régie's own variables in these files.
  static func names(in files: [String]) throws -> Set<String> {
    try Set(
      files.flatMap { file in
        try Repository.text(file).matches(of: /\bREGIE_[A-Z]+(?:_[A-Z]+)*\b/).map { String($0.0) }
      })
  }
}

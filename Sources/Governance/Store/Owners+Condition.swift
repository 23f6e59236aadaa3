import Identity
import Postgres

extension Owners {
  /// What holds of rows of which `column` names one of them.
  func condition(_ column: PostgresQuery) -> PostgresQuery {
    switch self {
    case .all: "\(column) IS NOT NULL"
    case .only(let names): "\(column) = ANY(\(names.sorted()))"
    }
  }

  /// What holds of rows of which the list in `column` names one of them.
  func condition(anyOf column: PostgresQuery) -> PostgresQuery {
    switch self {
    case .all: "cardinality(\(column)) > 0"
    case .only(let names): "\(column) && \(names.sorted())"
    }
  }
}

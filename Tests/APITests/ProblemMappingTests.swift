import Contract
import HTTPTypes
import Hummingbird
import Model
import Postgres
import Store
import Testing

@testable import API

/// Which problem stands for which error.
struct ProblemMappingTests {
  private static let secret = "SELECT secret FROM inside"

  private func problem(_ error: any Error, _ language: Language = .fr) -> Problem {
    Problem(error, language: language, path: "/here")
  }

  @Test(arguments: StoreError.Kind.allCases)
  func `a refusal of the store keeps its code, in both languages`(kind: StoreError.Kind) {
    let error = StoreError(kind, path: "spec.zone", "wrong", fr: "faux", accepted: "right")
    let (french, english) = (problem(error), problem(error, .en))
    #expect(french.code == kind.rawValue && ProblemCode(rawValue: kind.rawValue) != nil)
    #expect(
      french.detail == "spec.zone : faux ; accepté : right" && english.detail == "spec.zone: wrong; accepted: right")
    #expect(french.title != english.title && french.status == english.status)
    switch kind {
    case .badCursor: #expect(french.status == 400)
    case .notFound: #expect(french.status == 404)
    case .forbidden: #expect(french.status == 403)
    case .conflict, .stillReferenced, .noPolicy, .reservationPending, .reservationConfirmed, .reservationEnded,
      .boardDecides, .proposalState, .impactAwaited, .outdatedBase, .requestState, .requestDecides, .migrationState,
      .planOutdated:
      #expect(french.status == 409)
    case .versionMismatch: #expect(french.status == 412)
    case .invalid, .idempotencyMismatch: #expect(french.status == 422)
    case .contended, .leaseLost: #expect(french.status == 503)
    }
    let others: [StoreError.Kind] = [
      .badCursor, .notFound, .noPolicy, .idempotencyMismatch, .contended, .leaseLost,
    ]
    let namesField = !others.contains(kind)
    #expect(french.errors?.map(\.path) == (namesField ? ["spec.zone"] : nil))
  }

  @Test func `every field at fault is passed on`() {
    let fields = ["a", "b"].map { FieldProblem(path: $0, message: "wrong", messageFR: "faux") }
    #expect(problem(StoreError(.invalid, "wrong", fr: "faux", problems: fields)).errors == fields)
    #expect(problem(DocumentErrors(fields)).errors == fields && problem(DocumentErrors(fields)).status == 400)
  }

  @Test(arguments: [
    (PostgresError(.unreachable, secret), 503, ProblemCode.databaseUnavailable),
    (PostgresError(.authentication, secret), 503, .databaseUnavailable),
    (PostgresError(.tls, secret), 503, .databaseUnavailable),
    (PostgresError(.noDatabase, secret), 503, .databaseUnavailable),
    (PostgresError(.connectionLost, secret), 503, .databaseUnavailable),
    (PostgresError(.deadlineExceeded, secret), 503, .databaseUnavailable),
    (PostgresError(.poolExhausted, secret), 503, .databaseUnavailable),
    (PostgresError(.poolShutDown, secret), 503, .databaseUnavailable),
    (PostgresError(.ambiguousCommit, secret), 503, .ambiguousCommit),
    (PostgresError(.invalidParameter, secret), 400, .badParameter),
    (PostgresError(.configuration, secret), 500, .internal), (PostgresError(.decoding, secret), 500, .internal),
    (PostgresError(.misuse, secret), 500, .internal), (PostgresError(.migration, secret), 500, .internal),
  ])
  func `a fault of the database is told without its words`(error: PostgresError, status: Int, code: ProblemCode) {
    for language in Language.allCases {
      let problem = problem(error, language)
      #expect(problem.status == status && problem.code == code.rawValue)
      #expect(!"\(problem)".contains("secret"))
    }
  }

  @Test(arguments: [
    ("40001", 503, ProblemCode.databaseUnavailable), ("53300", 503, .databaseUnavailable),
    ("57P01", 503, .databaseUnavailable),
    ("57014", 503, .databaseUnavailable), ("25006", 503, .databaseUnavailable), ("58030", 503, .databaseUnavailable),
    ("08006", 503, .databaseUnavailable), ("22021", 400, .badParameter), ("22P05", 400, .badParameter),
    ("23505", 500, .internal),
    ("42P01", 500, .internal), ("22012", 500, .internal), ("XX000", 500, .internal),
  ])
  func `what the server says decides whether asking again helps`(state: String, status: Int, code: ProblemCode) {
    let problem = problem(PostgresError(.server, Self.secret, sqlState: PostgresSQLState(rawValue: state)))
    #expect(problem.status == status && problem.code == code.rawValue)
    #expect(!"\(problem)".contains("secret"))
  }

  @Test func `what is not foreseen says nothing of the inside`() {
    struct Unforeseen: Error { var secret = ProblemMappingTests.secret }
    for error in [Unforeseen(), HTTPError(.badGateway, message: Self.secret)] as [any Error] {
      let problem = problem(error)
      #expect(problem.status == 500 && problem.code == "internal" && !"\(problem)".contains("secret"))
    }
    let refused = problem(HTTPError(.uriTooLong, message: "too long"))
    #expect(refused.status == 414 && refused.code == "bad-request" && refused.detail == "too long")
  }
}

import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Model
import Postgres
import Store

/// Answers every error as `application/problem+json`.
struct ProblemMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as CancellationError {
      throw error
    } catch {
      let problem = Problem(error, language: request.language, path: request.uri.path)
      if problem.status >= 500 {
        context.logger.error("A request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      }
      var headers: HTTPFields = [:]
      if problem.status == 503 { headers[.retryAfter] = "1" }
      return try .json(
        problem, status: HTTPResponse.Status(code: problem.status), contentType: "application/problem+json",
        headers: headers)
    }
  }
}

extension Problem {
  /// The problem that stands for `error`. What is not foreseen says nothing of the inside.
  init(_ error: any Error, language: Language, path: String) {
    switch error {
    case let problem as Problem:
      self = problem
    case let error as StoreError:
      self.init(error, language: language)
    case let error as DocumentErrors:
      self.init(
        status: 400, code: "malformed", title: language.say("Document refusé", "Document refused"),
        detail: error.problems.first.map { language.say($0.descriptionFR, $0.description) } ?? "", errors: error.problems)
    case let error as PostgresError:
      self.init(error, language: language)
    case let error as HTTPError where error.status == .notFound:
      self.init(
        status: 404, code: "no-such-route", title: language.say("Adresse inconnue", "Unknown address"),
        detail: language.say("rien ne répond à \(path)", "nothing answers at \(path)"))
    case let error as HTTPError:
      self.init(
        status: error.status.code, code: "http-\(error.status.code)", title: error.status.reasonPhrase,
        detail: error.body ?? error.status.reasonPhrase)
    default:
      self.init(
        status: 500, code: "internal", title: language.say("Erreur interne", "Internal error"),
        detail: language.say("la demande n’a pas pu être traitée", "the request could not be carried out"))
    }
  }

  private init(_ error: StoreError, language: Language) {
    let status =
      switch error.kind {
      case .notFound: 404
      case .versionMismatch: 412
      case .invalid, .idempotencyMismatch: 422
      case .conflict, .stillReferenced, .noPolicy: 409
      case .badCursor: 400
      case .contended, .leaseLost: 503
      }
    let place = error.path.map { "\($0) : " } ?? ""
    let accepted = error.accepted.map { language.say(" ; accepté : \($0)", "; accepted: \($0)") } ?? ""
    self.init(
      status: status, code: error.kind.rawValue, title: Self.title(of: error.kind, language),
      detail: place + language.say(error.messageFR, error.message) + accepted,
      errors: error.problems.isEmpty ? nil : error.problems)
  }

  private init(_ error: PostgresError, language: Language) {
    self.init(
      status: 503, code: error.kind == .ambiguousCommit ? "ambiguous-commit" : "database-unavailable",
      title: language.say("Base de données indisponible", "Database unavailable"),
      detail: error.kind == .ambiguousCommit
        ? language.say(
          "la connexion a été perdue pendant la validation : redemandez avec le même Idempotency-Key",
          "the connection was lost during the commit: ask again with the same Idempotency-Key")
        : language.say(
          "la base de données ne répond pas ; rien n’a été enregistré",
          "the database does not answer; nothing was recorded"))
  }

  private static func title(of kind: StoreError.Kind, _ language: Language) -> String {
    switch kind {
    case .notFound: language.say("Introuvable", "Not found")
    case .versionMismatch: language.say("Version dépassée", "Version mismatch")
    case .invalid: language.say("Ressource refusée", "Resource refused")
    case .conflict: language.say("Conflit", "Conflict")
    case .stillReferenced: language.say("Encore utilisée", "Still referenced")
    case .idempotencyMismatch: language.say("Clé d’idempotence déjà utilisée", "Idempotency key already used")
    case .noPolicy: language.say("Aucune politique en vigueur", "No policy in force")
    case .contended: language.say("Trop de décisions concurrentes", "Too many concurrent decisions")
    case .leaseLost: language.say("Bail perdu", "Lease lost")
    case .badCursor: language.say("Page inconnue", "Unknown page")
    }
  }
}

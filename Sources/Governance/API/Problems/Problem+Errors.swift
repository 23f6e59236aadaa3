import Contract
import Hummingbird
import Model
import Postgres
import Store

extension Problem {
  /// The problem that stands for `error`. What is not foreseen says nothing of the inside.
  init(_ error: any Error, language: Language, path: String) {
    switch error {
    case let problem as Problem: self = problem
    case let error as StoreError: self.init(error, language)
    case let refusal as AuthenticationRefusal: self = .refused(refusal, language)
    case let refusal as TogetherRefusal: self.init(refusal.asStoreError, language)
    case let error as DocumentErrors: self = .malformed(error.problems, language)
    case let error as PostgresError: self.init(error, language)
    case let error as MethodNotAllowed:
      self.init(
        status: 405, .methodNotAllowed, title: language.say("Méthode refusée", "Method not allowed"),
        detail: language.say("\(path) n’accepte que : \(error.allow)", "\(path) takes only: \(error.allow)"))
    case let error as HTTPError where error.status == .notFound:
      self.init(
        status: 404, .noSuchRoute, title: language.say("Adresse inconnue", "Unknown address"),
        detail: language.say("rien ne répond à \(path)", "nothing answers at \(path)"))
    case let error as HTTPError where error.status.kind == .clientError:
      self.init(
        status: error.status.code, .badRequest, title: language.say("Requête refusée", "Request refused"),
        detail: error.body ?? error.status.reasonPhrase)
    default: self = .internalError(language)
    }
  }

  private init(_ error: StoreError, _ language: Language) {
    let (status, code) = Self.statusAndCode(of: error.kind)
    let place = error.path.map { language.say("\($0) : ", "\($0): ") } ?? ""
    let accepted = error.accepted.map { language.say(" ; accepté : \($0)", "; accepted: \($0)") } ?? ""
    self.init(
      status: status, code, title: Self.title(of: error.kind, language),
      detail: place + language.say(error.messageFR, error.message) + accepted,
      errors: error.fields)
  }

  /// What each kind of refusal is in HTTP.
  static func statusAndCode(of kind: StoreError.Kind) -> (Int, ProblemCode) {
    switch kind {
    case .badCursor: (400, .badCursor)
    case .notFound: (404, .notFound)
    case .conflict: (409, .conflict)
    case .stillReferenced: (409, .stillReferenced)
    case .forbidden: (403, .forbidden)
    case .boardDecides: (409, .boardDecides)
    case .proposalState: (409, .proposalState)
    case .impactAwaited: (409, .impactAwaited)
    case .outdatedBase: (409, .outdatedBase)
    case .requestState: (409, .requestState)
    case .requestDecides: (409, .requestDecides)
    case .migrationState: (409, .migrationState)
    case .planOutdated: (409, .planOutdated)
    case .noPolicy: (409, .noPolicy)
    case .reservationPending: (409, .reservationPending)
    case .reservationConfirmed: (409, .reservationConfirmed)
    case .reservationEnded: (409, .reservationEnded)
    case .versionMismatch: (412, .versionMismatch)
    case .invalid: (422, .invalid)
    case .idempotencyMismatch: (422, .idempotencyMismatch)
    case .contended: (503, .contended)
    case .leaseLost: (503, .leaseLost)
    }
  }

  private static func title(of kind: StoreError.Kind, _ language: Language) -> String {
    switch kind {
    case .notFound: language.say("Introuvable", "Not found")
    case .versionMismatch: language.say("Version dépassée", "Version mismatch")
    case .invalid: language.say("Ressource refusée", "Resource refused")
    case .conflict: language.say("Conflit", "Conflict")
    case .stillReferenced: language.say("Encore utilisée", "Still referenced")
    case .idempotencyMismatch: language.say("Clé d’idempotence déjà utilisée", "Idempotency key already used")
    case .forbidden: language.say("Accès refusé", "Access refused")
    case .boardDecides: language.say("L’instance décide", "The board decides")
    case .proposalState: language.say("État de la proposition", "State of the proposal")
    case .impactAwaited: language.say("Effet pas encore connu", "Impact not known yet")
    case .outdatedBase: language.say("Version de départ dépassée", "Outdated base")
    case .requestState: language.say("État de la demande", "State of the request")
    case .requestDecides: language.say("Une demande en décide", "A request decides")
    case .migrationState: language.say("État de la migration", "State of the migration")
    case .planOutdated: language.say("Plan dépassé", "Outdated plan")
    case .noPolicy: language.say("Aucune politique en vigueur", "No policy in force")
    case .reservationPending: language.say("Réservation en attente", "Reservation pending")
    case .reservationConfirmed: language.say("Réservation déjà confirmée", "Reservation already confirmed")
    case .reservationEnded: language.say("Réservation terminée", "Reservation ended")
    case .contended: language.say("Trop de demandes à la fois", "Too many requests at a time")
    case .leaseLost: language.say("Bail perdu", "Lease lost")
    case .badCursor: language.say("Page inconnue", "Unknown page")
    }
  }

  private init(_ error: PostgresError, _ language: Language) {
    if error.isTextRefused {
      self.init(
        status: 400, .badParameter, title: language.say("Paramètre refusé", "Bad parameter"),
        detail: language.say(
          "un texte contient un caractère qui ne peut être enregistré (U+0000)",
          "a text holds a character that can not be stored (U+0000)"))
    } else if error.sqlState?.rawValue == GovernanceStore.suspendedState {
      self.init(
        status: 503, .databaseRestored, title: language.say("Base de données restaurée", "Database restored"),
        detail: language.say(
          "la base a été restaurée et est en retard sur le bus : rien n’est décidé avant « regie recover »",
          "the database was restored and is behind the bus: nothing is decided before `regie recover`"))
    } else if error.kind == .ambiguousCommit {
      self.init(
        status: 503, .ambiguousCommit, title: language.say("Base de données indisponible", "Database unavailable"),
        detail: language.say(
          "la connexion a été perdue pendant la validation, ou juste après : redemandez avec le même Idempotency-Key",
          "the connection was lost during the commit, or right after it: ask again with the same Idempotency-Key"))
    } else if error.isOutage {
      self.init(
        status: 503, .databaseUnavailable, title: language.say("Base de données indisponible", "Database unavailable"),
        detail: language.say(
          "la base de données ne répond pas ; rien n’a été enregistré",
          "the database does not answer; nothing was recorded"))
    } else {
      self = .internalError(language)
    }
  }

  private static func internalError(_ language: Language) -> Problem {
    Problem(
      status: 500, .internal, title: language.say("Erreur interne", "Internal error"),
      detail: language.say("la demande n’a pas pu être traitée", "the request could not be carried out"))
  }
}

extension PostgresError {
  /// A NUL, which JSON can carry and Postgres can not.
  fileprivate var isTextRefused: Bool {
    kind == .invalidParameter || ["22021", "22P05"].contains(sqlState?.rawValue)
  }
}

extension StoreError {
  /// Every field of the body at fault; nil where something else is.
  fileprivate var fields: [FieldProblem]? {
    guard problems.isEmpty else { return problems }
    switch kind {
    case .invalid, .conflict, .stillReferenced, .versionMismatch, .reservationPending, .reservationConfirmed,
      .reservationEnded, .forbidden, .boardDecides, .proposalState, .impactAwaited, .outdatedBase, .requestState,
      .requestDecides, .migrationState, .planOutdated:
      return path.map { [FieldProblem(path: $0, message: message, messageFR: messageFR, accepted: accepted)] }
    case .notFound, .idempotencyMismatch, .noPolicy, .contended, .leaseLost, .badCursor: return nil
    }
  }
}

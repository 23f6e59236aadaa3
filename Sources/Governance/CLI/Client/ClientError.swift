import AsyncHTTPClient
import Contract
import Foundation
import Model
import NIOCore
import NIOPosix
import NIOSSL

/// What can go wrong between the client and the service.
enum ClientError: Error, CustomStringConvertible {
  case unreachable(String, String)
  /// Whoever was asked may have got the request, and done it; no answer has come.
  case unanswered(String, String)
  /// A change of which nobody can say whether it was made: why, and the key by which it is known when it is asked for again.
  case unclear(String, key: String, Language)
  case refused(Problem, Language)
  case unreadable(String)
  /// Documents that are not even sent, a problem per line.
  case invalidDocuments([String])
  /// Something that is only listed, under a name that the list does not hold.
  case notThere(String, known: String)
  /// The stored token is over, and its issuer gives no other.
  case loginEnded(Language)
  /// The trail does not go on from the entry at a position, where an export ends.
  case notContinued(after: Int64)
  /// Names have gone from the trail, and the entry that tells of it is not sealed.
  case erasureUnsealed
  /// A document that somebody else has written each time between reading and writing it.
  case keepsChanging(String, Language)
  /// A project, by its name, with an ``ImportMark`` that is none: anybody who may write the project can put it there.
  case foreignMark(String)

  /// No answer, by the reason that the HTTP client gives.
  init(unreachable server: String, _ error: any Error) {
    self = .unreachable(server, Self.reason(error))
  }

  /// No answer to a request, told apart by whether that may have arrived.
  init(asking server: String, _ error: any Error) {
    let reason = Self.reason(error)
    self = Self.isUnsent(error) ? .unreachable(server, reason) : .unanswered(server, reason)
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case let error as BrokenAnswer: reason(error.reason)
    case let error as HTTPClientError
    where [.deadlineExceeded, .connectTimeout, .readTimeout].contains(error):
      "pas de réponse à temps / no answer in time"
    // It quotes what it refuses: a token that was renewed, for instance. Others were looked at before.
    case let error as HTTPClientError where error.shortDescription == unsendable:
      "un en-tête ne peut être envoyé / a header can not be sent"
    case let error as NIOConnectionError where error.connectionErrors.isEmpty:
      "nom inconnu / unknown name: \(error.host)"
    case let error as NIOConnectionError:
      error.connectionErrors.first.map { ($0.error as? IOError)?.reasonText ?? "\($0.error)" } ?? ""
    default: "\(error)"
    }
  }

  /// Whether nobody can have got the request: there was no connection, or none that is secure, or it was no request.
  /// With all else, also what is not known here, it may have arrived.
  private static func isUnsent(_ error: any Error) -> Bool {
    switch error {
    case is NIOConnectionError, is NIOSSLExtraError: true
    case NIOSSLError.handshakeFailed(_), NIOSSLError.unableToValidateCertificate,
      NIOSSLError.noCertificateToValidate:
      true
    case let error as HTTPClientError: unsent.contains(error.shortDescription)
    case let error as IOError: error.errnoCode == ECONNREFUSED
    default: false
    }
  }

  private static let unsendable = HTTPClientError.invalidHeaderFieldValues([]).shortDescription

  /// What the HTTP client says before it has a connection; without the names that some of it carries.
  private static let unsent: Set<String> = {
    let errors: [HTTPClientError] = [
      .invalidURL, .emptyHost, .emptyScheme, .unsupportedScheme(""), .invalidHeaderFieldNames([]),
      .invalidHeaderFieldValues([]), .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout,
      .socksHandshakeTimeout, .getConnectionFromPoolTimeout, .serverOfferedUnsupportedApplicationProtocol(""),
    ]
    return Set(errors.map(\.shortDescription))
  }()

  /// Whether it leaves open what has become of a change: nobody has answered, a proxy has for a service that did not, or the
  /// service does not know itself.
  var leavesOpen: Bool {
    switch self {
    case .unanswered: true
    case .refused(let problem, _):
      [502, 504].contains(problem.status) || problem.code == ProblemCode.ambiguousCommit.rawValue
    default: false
    }
  }

  /// Whether the service has looked at the request and said no: what is known by its key would have been found then.
  /// Whoever stands before it, and limits how often it is asked, say, has found nothing.
  var settles: Bool {
    guard case .refused(let problem, _) = self else { return false }
    return (400..<500).contains(problem.status) && problem.status != 401 && problem.isOwn
  }

  var description: String {
    switch self {
    case .unreachable(let server, let reason), .unanswered(let server, let reason):
      "\(server) ne répond pas / does not answer (\(reason)) ; lancez « regie dev », ou donnez --server ou REGIE_SERVER"
    case .unclear(let reason, let key, let language):
      reason
        + (language == .fr
          ? "\n  on ne sait pas si c’est fait ; la même commande avec --idempotency-key \(key) ne le fait qu’une fois"
          : "\n  nobody knows whether it was done; the same command with --idempotency-key \(key) does it once only")
    case .refused(let problem, let language) where problem.status == 401:
      "\(problem.title) : \(problem.detail)\n"
        + (language == .fr
          ? "  « regie login », REGIE_TOKEN ou REGIE_API_KEY font connaître qui demande"
          : "  regie login, REGIE_TOKEN or REGIE_API_KEY make known who asks")
    case .refused(let problem, let language):
      ([problem.detail.isEmpty ? problem.title : "\(problem.title) : \(problem.detail)"]
        + (problem.errors ?? []).map { "  \(language == .fr ? $0.descriptionFR : $0.description)" })
        .joined(separator: "\n")
    case .unreadable(let reason):
      "la réponse du service n'est pas comprise / the service's answer is not understood: \(reason)"
    case .notThere(let name, let known):
      "\(name) n'existe pas ; il y a : \(known.isEmpty ? "rien / nothing" : known) / is not there"
    case .loginEnded(let language):
      language == .fr
        ? "votre connexion est terminée : l’émetteur ne renouvelle plus le jeton ; « regie login » de nouveau"
        : "your login has ended: the issuer gives no further token; log in again (regie login)"
    case .notContinued(let position):
      "le journal du service ne continue pas l'export après la position \(position) : ce n'est pas le même, ou il a été "
        + "altéré / the service's trail does not go on from there: it is another one, or was tampered with"
    case .erasureUnsealed:
      "des noms ont été effacés par la règle et l'entrée qui le dit attend son sceau : recommencer quand le service "
        + "scelle de nouveau / names were erased by the rule, and the entry that tells of it waits for its seal: try "
        + "again once the service seals again"
    case .keepsChanging(let name, let language):
      language == .fr
        ? "le document de \(name) change à chaque essai ; recommencez"
        : "the document of \(name) changes with every attempt; try again"
    case .foreignMark(let name):
      "\(name) : l'annotation \(ImportMark.annotation) n'est pas de l'import, retirez-la "
        + "/ is not the import's, remove it"
    case .invalidDocuments(let problems):
      "rien n'a été envoyé / nothing was sent:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
  }

  /// The exit code that says which.
  var exitStatus: Int32 {
    switch self {
    case .unreachable, .unanswered, .unclear, .erasureUnsealed: ExitStatus.unavailable
    case .refused(let problem, _): problem.status == 503 ? ExitStatus.unavailable : ExitStatus.refused
    case .unreadable, .invalidDocuments, .notThere, .notContinued, .loginEnded, .keepsChanging, .foreignMark:
      ExitStatus.refused
    }
  }
}

extension Problem {
  /// Whether it is one of the service's: not what is made of any other answer.
  fileprivate var isOwn: Bool { type == "urn:regie:problem:\(code)" }
}

/// An answer that has begun, and did not come to its end.
struct BrokenAnswer: Error {
  let reason: any Error
}

extension IOError {
  /// The system's words alone, without the call that failed.
  fileprivate var reasonText: String { String(cString: strerror(errnoCode)) }
}

/// Exit codes, as the help says them.
enum ExitStatus {
  static let refused: Int32 = 1
  static let unreadable: Int32 = 2
  static let unavailable: Int32 = 69
  static let unwritten: Int32 = 74
}

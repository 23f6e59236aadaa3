import Contract
import Hummingbird
import Telemetry

/// Answers those who call this machine by one of its own names.
///
/// The service listens on loopback only, and knows nobody yet. A page of any site could have its own name resolve to
/// this machine, and then read and write as the user who looks at it; the name it calls gives it away.
struct LocalHostMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let authority = request.head.authority, !authority.isEmpty else { throw refusal(400, "", request.language) }
    guard Self.isLocal(authority) else { throw refusal(421, authority, request.language) }
    return try await next(request, context)
  }

  /// Whether `authority`, with or without a port, is a name of loopback.
  static func isLocal(_ authority: String) -> Bool {
    guard let parts = authority.lowercased().wholeMatch(of: /(?:\[([^\[\]]*)\]|([^:\[\]]*))(?::[0-9]{1,5})?/),
      let host = parts.output.1 ?? parts.output.2
    else { return false }
    return ListenAddress(host: String(host), port: 0).isLoopback
  }

  private func refusal(_ status: Int, _ found: String, _ language: Language) -> Problem {
    Problem(
      status: status, .badRequest, title: language.say("Requête refusée", "Request refused"),
      detail: language.say(
        "l’en-tête Host « \(found.prefix(80)) » ne désigne pas cette machine ; localhost ou 127.0.0.1 la désignent",
        "the Host header “\(found.prefix(80))” does not name this machine; localhost or 127.0.0.1 do"))
  }
}

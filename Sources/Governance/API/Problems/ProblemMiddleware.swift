import Contract
import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1

/// Answers every error as `application/problem+json`, but for what is no HTTP.
struct ProblemMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as CancellationError {
      throw error
    } catch let error as HTTPParserError {
      // Where the body ends nobody knows: the server answers 400, and closes the connection.
      throw error
    } catch {
      let problem = Problem(error, language: request.language, path: request.uri.path)
      if problem.status >= 500 {
        context.logger.error("A request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
      }
      return try .problem(problem, language: request.language, headers: headers(for: error, problem))
    }
  }

  private func headers(for error: any Error, _ problem: Problem) -> HTTPFields {
    if let refused = error as? MethodNotAllowed { return [.allow: refused.allow] }
    if let refusal = error as? AuthenticationRefusal, let challenge = refusal.challenge {
      return [.wwwAuthenticate: challenge]
    }
    switch problem.status {
    case 415: return [.accept: "application/json, application/yaml", .acceptEncoding: "identity"]
    case 503: return [.retryAfter: "1"]
    default: return [:]
    }
  }
}

/// The address exists, but does not take this method.
struct MethodNotAllowed: Error {
  /// The methods it takes, as the `Allow` header lists them.
  let allow: String
}

import HTTPTypes
import Hummingbird
import Identity
import Store

/// Where the routes of `api/v1` are added: none can be without saying what it demands, and none is entered by somebody who
/// does not meet that.
struct APIRoutes {
  /// What a route does once the caller is known.
  typealias Handler = @Sendable (Request, APIContext) async throws -> Response

  private let group: RouterGroup<BasicRequestContext>
  private let register: AccessRegister
  private let gate: Gate
  private let askers = LongWork.Askers()

  init(_ group: RouterGroup<BasicRequestContext>, register: AccessRegister, gate: Gate) {
    self.group = group
    self.register = register
    self.gate = gate
  }

  func get(_ path: RouterPath, _ access: Access, _ handler: @escaping Handler) {
    on(path, .get, access, handler)
  }

  func put(_ path: RouterPath, _ access: Access, _ handler: @escaping Handler) {
    on(path, .put, access, handler)
  }

  func post(_ path: RouterPath, _ access: Access, _ handler: @escaping Handler) {
    on(path, .post, access, handler)
  }

  func delete(_ path: RouterPath, _ access: Access, _ handler: @escaping Handler) {
    on(path, .delete, access, handler)
  }

  private func on(_ path: RouterPath, _ method: HTTPRequest.Method, _ access: Access, _ handler: @escaping Handler) {
    register.note(method, path, access)
    group.on(path, method: method) { [gate, askers] request, context -> Response in
      let (caller, scope) = try await gate.admit(request, to: access)
      let admitted = APIContext(caller: caller, scope: scope, parameters: context.parameters, logger: context.logger)
      return try await LongWork.asked(by: admitted.caller.principal, among: askers) {
        try await handler(request, admitted)
      }
    }
  }
}

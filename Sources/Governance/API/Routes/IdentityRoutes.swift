import Contract
import Hummingbird
import Identity

/// Who somebody is to Régie.
struct IdentityRoutes: Sendable {
  func add(to api: APIRoutes) {
    api.get("whoami", .known) { request, context in
      try request.allowParameters([])
      return try Response.json(
        CallerView(
          principal: context.caller.principal, roles: context.caller.roles.map(\.description),
          readOnly: context.caller.isReadOnly))
    }
  }
}

import Contract

extension Problem {
  /// Why somebody is not believed, or may not do what was asked.
  static func refused(_ refusal: AuthenticationRefusal, _ language: Language) -> Problem {
    let unknown = language.say("Authentification requise", "Authentication required")
    let forbidden = language.say("Accès refusé", "Access refused")
    switch refusal {
    case .nothingShown:
      return Problem(
        status: 401, .unauthenticated, title: unknown,
        detail: language.say(
          "un jeton (Authorization: Bearer …) ou une clé (X-API-Key: …) est attendu",
          "a token (Authorization: Bearer …) or a key (X-API-Key: …) is wanted"))
    case .malformed(let accepted):
      return Problem(
        status: 400, .badParameter, title: language.say("Authentification incomprise", "Authentication not understood"),
        detail: language.say(
          "l’authentification n’est pas comprise ; accepté : \(accepted)",
          "the authentication is not understood; accepted: \(accepted)"))
    case .token(let reason):
      return Problem(
        status: 401, .invalidToken, title: language.say("Jeton refusé", "Token refused"),
        detail: language.say("le jeton n’est pas accepté : \(reason)", "the token is not accepted: \(reason)"))
    case .key(let reason):
      return Problem(
        status: 401, .invalidKey, title: language.say("Clé refusée", "Key refused"),
        detail: language.say("la clé n’est pas acceptée : \(reason)", "the key is not accepted: \(reason)"))
    case .issuerAway:
      return Problem(
        status: 503, .issuerUnavailable, title: language.say("Émetteur indisponible", "Issuer unavailable"),
        detail: language.say(
          "les clés de l’émetteur ne peuvent être obtenues : aucun jeton ne peut être jugé ; les clés d’API valent",
          "the issuer’s keys can not be had: no token can be judged; API keys still work"))
    case .busy:
      return Problem(
        status: 503, .databaseUnavailable,
        title: language.say("Trop de clés inconnues", "Too many unknown keys"),
        detail: language.say(
          "trop de clés inconnues sont en cours de vérification ; rien n’a été enregistré : redemandez",
          "too many keys that are not known are being looked up; nothing was recorded: ask again"))
    case .role(let accepted):
      return Problem(
        status: 403, .forbidden, title: forbidden,
        detail: language.say(
          "vos rôles n’y suffisent pas ; il faut : \(accepted.joined(separator: ", "))",
          "your roles do not suffice; one of these would: \(accepted.joined(separator: ", "))"))
    case .readOnly:
      return Problem(
        status: 403, .forbidden, title: forbidden,
        detail: language.say("cette clé ne peut que lire", "this key may only read"))
    }
  }
}

import Events
import Model

extension RecoveryPlan {
  /// What was told of the board and of the trail in the life that was lost can not be brought back: people are told of it,
  /// and its numbers are given to nothing else.
  mutating func takeTold(_ told: ToldEvidence) {
    guard let account = books.told else { return }
    tellRefused(told.refused, of: "regie.events", "de regie.events", "")
    if let sign = RestoreSigns.first(in: told, against: account) {
      signs.append(sign)
      toldSign = ToldSign(sign: sign, agreed: Self.agreed(told, account))
    }
    highestPolicy = told.highestPolicy
    nextEpoch = max(nextEpoch, told.epoch + 1)
    tellPolicy(told, account)
    tellActs(account)
    tellTrail(told, account)
  }

  /// What was told, and which acts of the board are lost, in a line: the database's own numbers go on growing while it is
  /// suspended, as entries are sealed.
  private static func agreed(_ told: ToldEvidence, _ account: ToldAccount) -> String {
    let policy = told.policy.map { "\($0.epoch) \($0.version) \($0.digest)" } ?? ""
    let anchor = told.anchor.map { "\($0.epoch) \($0.position) \($0.link)" } ?? ""
    let lost = account.lostKeys.map { "\($0) \(told.acts[$0]?.revision ?? 0)" }.joined(separator: ", ")
    return "regie.events: \(told.epoch); \(policy); \(anchor); \(account.lostActs): \(lost)"
  }

  private mutating func tellActs(_ account: ToldAccount) {
    guard account.lostActs > 0 else { return }
    let named = account.lostKeys.joined(separator: ", ")
    find(
      "ActsLost", "", nil,
      Counted.en(
        account.lostActs, "proposal, vote or comment was told of in a life that is lost, and is not here",
        "proposals, votes or comments were told of in a life that is lost, and are not here")
        + ", or otherwise: \(named): what is wanted is proposed, voted and said anew",
      Counted.fr(
        account.lostActs, "proposition, vote ou commentaire a été dit dans une vie perdue et n’est pas ici",
        "propositions, votes ou commentaires ont été dits dans une vie perdue et ne sont pas ici")
        + ", ou autrement : \(named) : proposer, voter et dire de nouveau ce qui est voulu")
  }

  private mutating func tellPolicy(_ told: ToldEvidence, _ account: ToldAccount) {
    guard let policy = told.policy, policy.epoch >= account.epoch else { return }
    if policy.version > account.policy {
      let (first, next) = (account.policy + 1, told.highestPolicy + 1)
      find(
        "PolicyLost", "", nil,
        "the policy's versions \(first) to \(policy.version) were told of in a life that is lost, and are not in force: "
          + "propose their texts anew; the next version is \(next)",
        "les versions \(first) à \(policy.version) de la politique ont été dites dans une vie perdue et ne sont pas en "
          + "vigueur : proposer leurs textes de nouveau ; la prochaine version est la \(next)")
    } else if account.isOther(policy) {
      find(
        "PolicyReplaced", "", nil,
        "version \(policy.version) of the policy was told of with another text in a life that is lost: the database's "
          + "stands; compare, and propose anew if need be",
        "la version \(policy.version) de la politique a été dite avec un autre texte dans une vie perdue : celui de la "
          + "base demeure ; comparer, et proposer de nouveau au besoin")
    }
  }

  private mutating func tellTrail(_ told: ToldEvidence, _ account: ToldAccount) {
    guard let anchor = told.anchor, anchor.epoch >= account.epoch else { return }
    let isOther = account.link.map { $0 != anchor.link } ?? false
    guard anchor.position > account.position || isOther else { return }
    find(
      "TrailLost", "", nil,
      "the audit trail was anchored up to entry \(anchor.position) in a life that is lost; the database's ends at "
        + "\(account.position): keep the anchors of regie.events",
      "le journal d’audit a été ancré jusqu’à l’entrée \(anchor.position) dans une vie perdue ; celui de la base finit à "
        + "\(account.position) : garder les ancres de regie.events")
  }
}

import Events

extension RecoveryPlan {
  /// What was told of the board and of the trail in the life that was lost can not be brought back: people are told of it,
  /// and its numbers are given to nothing else.
  mutating func takeTold(_ told: ToldEvidence) {
    guard let account = books.told else { return }
    tellRefused(told.refused, of: "regie.events", "de regie.events", "")
    if let sign = RestoreSigns.first(in: told, against: account) { signs.append(sign) }
    highestPolicy = told.highestPolicy
    nextEpoch = max(nextEpoch, told.epoch + 1)
    guard let policy = told.policy, policy.epoch >= account.epoch else { return tellTrail(told, account) }
    if policy.version > account.policy {
      let (first, next) = (account.policy + 1, told.highestPolicy + 1)
      find(
        "PolicyLost", "", nil,
        "the policy's versions \(first) to \(policy.version) were told of in a life that is lost, and are not in force: "
          + "propose their texts anew; the next version is \(next)",
        "les versions \(first) à \(policy.version) de la politique ont été dites dans une vie perdue et ne sont pas en "
          + "vigueur : proposer leurs textes de nouveau ; la prochaine version est la \(next)")
    } else if let digest = account.digest, digest != policy.digest {
      find(
        "PolicyReplaced", "", nil,
        "version \(policy.version) of the policy was told of with another text in a life that is lost: the database's "
          + "stands; compare, and propose anew if need be",
        "la version \(policy.version) de la politique a été dite avec un autre texte dans une vie perdue : celui de la "
          + "base demeure ; comparer, et proposer de nouveau au besoin")
    }
    tellTrail(told, account)
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

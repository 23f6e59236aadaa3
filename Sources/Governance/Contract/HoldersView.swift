import Model
import Placement

/// To whom what is promised of a cluster's resource is promised, as it is now: whatever decision is explained, these are
/// the ones to talk to.
public struct HoldersView: Codable, Sendable, Hashable {
  /// A replica, and what it holds.
  public struct Holder: Codable, Sendable, Hashable {
    /// The project's name.
    public var project: String
    /// The environment's name.
    public var environment: String
    /// Which replica, from 0.
    public var replica: Int
    /// How much it holds, as the reason's parameters say amounts.
    public var amount: String

    /// A holder.
    public init(project: String, environment: String, replica: Int, amount: String) {
      self.project = project
      self.environment = environment
      self.replica = replica
      self.amount = amount
    }
  }

  /// Those that hold most, the largest first.
  public var largest: [Holder]
  /// How many others hold some of it.
  public var others: Int
  /// How much they hold together.
  public var othersAmount: String
  /// True where nobody was asked who they are, and so none is named; left out where they are told.
  public var omitted: Bool?

  /// Holders.
  public init(largest: [Holder], others: Int, othersAmount: String, omitted: Bool? = nil) {
    self.largest = largest
    self.others = others
    self.othersAmount = othersAmount
    self.omitted = omitted
  }

  /// They were not asked for: the instance does not know them, and so many others were asked of the database already.
  public static let omitted = HoldersView(largest: [], others: 0, othersAmount: "0", omitted: true)

  /// The sentence that names them, or says that they are left out; nil where nobody holds anything.
  func sentence(_ resource: String, _ language: Language) -> String? {
    let french = language == .fr
    if omitted == true { return french ? "À qui : non recherché ici." : "To whom: not looked up here." }
    guard !largest.isEmpty else { return nil }
    func said(_ amount: String) -> String {
      let said = Reason(.capacityShort, ["resource": resource, "held": amount]).amount("held")
      return french ? said.fr : said.en
    }
    var parts = largest.map { holder in
      let replica = holder.replica == 0 ? "" : " (\(french ? "réplique" : "replica") \(holder.replica))"
      return "\(said(holder.amount)) \(french ? "à" : "to") \(holder.project)/\(holder.environment)\(replica)"
    }
    switch (others, french) {
    case (0, _): break
    case (1, true): parts.append("\(said(othersAmount)) à un autre")
    case (1, false): parts.append("\(said(othersAmount)) to another one")
    case (_, true): parts.append("\(said(othersAmount)) à \(others) autres")
    case (_, false): parts.append("\(said(othersAmount)) to \(others) others")
    }
    return (french ? "Promis à ce jour : " : "Committed now: ") + parts.joined(separator: ", ") + "."
  }
}

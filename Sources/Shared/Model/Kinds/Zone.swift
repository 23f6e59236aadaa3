/// A zone of one sensitivity in a region, with its own chain and Git repository.
public struct ZoneSpec: ResourceSpec {
  /// The kind that this is the spec of.
  public static let kind = Kind.zone

  /// The repository that the zone's Argo CD reads.
  public struct GitRepository: Codable, Sendable, Hashable {
    /// `https://` or `ssh://` URL.
    public var url: String
    /// Branch; `main` unless said otherwise.
    public var branch: String?
    /// Folder that Régie may write under.
    public var path: String?

    /// A repository.
    public init(url: String, branch: String? = nil, path: String? = nil) {
      self.url = url
      self.branch = branch
      self.path = path
    }
  }

  /// The region's name.
  public var region: String
  /// The one sensitivity it hosts.
  public var sensitivity: Sensitivity
  /// The console's own identifier: `^[a-z0-9-]+$`, 1 to 10 characters, unique. It names the zone's topics.
  public var slug: String
  /// The secondary DevSecOps chain that delivers here.
  public var chain: String?
  /// The zone's GitOps repository.
  public var git: GitRepository?

  /// A zone.
  public init(
    region: String, sensitivity: Sensitivity, slug: String, chain: String? = nil, git: GitRepository? = nil
  ) {
    self.region = region
    self.sensitivity = sensitivity
    self.slug = slug
    self.chain = chain
    self.git = git
  }
}

module "part" {
  source = "./modules/part"
  kind   = "EXPRESS"
}

provider "aws" {}

resource "aws_sfn_activity" "pick" {
  name = "pick-order"
}

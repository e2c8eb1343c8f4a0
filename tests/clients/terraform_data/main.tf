# Where data lives and what works on it: a bucket, a table, a function fed by a queue, a key, a secret.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type = string
}

variable "package" {
  type = string
}

variable "memory" {
  type    = number
  default = 128
}

provider "aws" {
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  s3_use_path_style           = true

  endpoints {
    dynamodb       = var.endpoint
    iam            = var.endpoint
    kms            = var.endpoint
    lambda         = var.endpoint
    s3             = var.endpoint
    secretsmanager = var.endpoint
    sqs            = var.endpoint
    ssm            = var.endpoint
    sts            = var.endpoint
  }
}

resource "aws_kms_key" "parcels" {
  description             = "seals what parcels say"
  enable_key_rotation     = true
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "parcels" {
  name          = "alias/tf-parcels"
  target_key_id = aws_kms_key.parcels.key_id
}

resource "aws_s3_bucket" "labels" {
  bucket        = "tf-labels-of-parcels"
  force_destroy = true
  tags = {
    team = "parcels"
  }
}

resource "aws_s3_bucket_versioning" "labels" {
  bucket = aws_s3_bucket.labels.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "labels" {
  bucket = aws_s3_bucket.labels.id
  rule {
    apply_server_side_encryption_by_default {
      kms_master_key_id = aws_kms_key.parcels.arn
      sse_algorithm     = "aws:kms"
    }
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_public_access_block" "labels" {
  bucket                  = aws_s3_bucket.labels.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "labels" {
  bucket = aws_s3_bucket.labels.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "${aws_s3_bucket.labels.arn}/*"
      Condition = { StringEquals = { "s3:x-amz-acl" = "public-read" } }
    }]
  })
}

resource "aws_s3_object" "welcome" {
  bucket  = aws_s3_bucket.labels.id
  key     = "welcome.txt"
  content = "hello, ${var.memory}"
  depends_on = [
    aws_s3_bucket_server_side_encryption_configuration.labels,
    aws_s3_bucket_versioning.labels,
  ]
}

resource "aws_dynamodb_table" "parcels" {
  name         = "tf-parcels"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  range_key    = "seen"

  attribute {
    name = "id"
    type = "S"
  }
  attribute {
    name = "seen"
    type = "N"
  }
  attribute {
    name = "town"
    type = "S"
  }

  global_secondary_index {
    name            = "by-town"
    hash_key        = "town"
    range_key       = "seen"
    projection_type = "ALL"
  }

  ttl {
    attribute_name = "until"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
}

resource "aws_sqs_queue" "work" {
  name                       = "tf-parcel-work"
  visibility_timeout_seconds = 60
}

resource "aws_iam_role" "worker" {
  name = "tf-parcel-worker"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "worker" {
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
      "dynamodb:PutItem"]
      Resource = "*"
    }]
  })
}

resource "aws_lambda_function" "worker" {
  function_name    = "tf-parcel-worker"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "worker.handle"
  runtime          = "python3.11"
  role             = aws_iam_role.worker.arn
  memory_size      = var.memory
  timeout          = 20
  environment {
    variables = {
      TABLE = aws_dynamodb_table.parcels.name
    }
  }
}

resource "aws_lambda_event_source_mapping" "work" {
  event_source_arn = aws_sqs_queue.work.arn
  function_name    = aws_lambda_function.worker.arn
  batch_size       = 5
  depends_on       = [aws_iam_role_policy.worker]
}

resource "aws_secretsmanager_secret" "door" {
  name                    = "tf-door"
  kms_key_id              = aws_kms_key.parcels.arn
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "door" {
  secret_id     = aws_secretsmanager_secret.door.id
  secret_string = jsonencode({ code = "1234" })
}

resource "aws_ssm_parameter" "greeting" {
  name   = "/tf/parcels/greeting"
  type   = "SecureString"
  value  = "hello, ${var.memory}"
  key_id = aws_kms_key.parcels.id
}

resource "aws_kms_key" "seal" {
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  deletion_window_in_days  = 7
}

output "queue" {
  value = aws_sqs_queue.work.url
}

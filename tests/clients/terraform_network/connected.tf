# What joins the network to others, what runs in it, and what asks about it.
data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

resource "aws_vpc" "bank" {
  cidr_block = "10.9.0.0/16"
}

resource "aws_vpc_peering_connection" "bank" {
  vpc_id      = aws_vpc.shop.id
  peer_vpc_id = aws_vpc.bank.id
  auto_accept = true
  # A VPC takes no block while a peering that it asked for is pending.
  depends_on = [aws_vpc_ipv4_cidr_block_association.more]
}

resource "aws_ec2_transit_gateway" "hub" {
  default_route_table_association = "disable"
  default_route_table_propagation = "disable"
}

resource "aws_ec2_transit_gateway_vpc_attachment" "shop" {
  transit_gateway_id                              = aws_ec2_transit_gateway.hub.id
  vpc_id                                          = aws_vpc.shop.id
  subnet_ids                                      = [aws_subnet.private[0].id]
  transit_gateway_default_route_table_association = false
  transit_gateway_default_route_table_propagation = false
}

resource "aws_ec2_transit_gateway_route_table" "hub" {
  transit_gateway_id = aws_ec2_transit_gateway.hub.id
}

resource "aws_ec2_transit_gateway_route_table_association" "shop" {
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_vpc_attachment.shop.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.hub.id
}

resource "aws_ec2_transit_gateway_route" "nowhere" {
  destination_cidr_block         = "192.168.0.0/16"
  blackhole                      = true
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.hub.id
}

resource "aws_ram_resource_share" "hub" {
  name                      = "hub"
  allow_external_principals = true
}

resource "aws_ram_resource_association" "hub" {
  resource_arn       = aws_ec2_transit_gateway.hub.arn
  resource_share_arn = aws_ram_resource_share.hub.arn
}

# Nobody accepts the invitation, so the share lets nobody in.
resource "aws_ram_principal_association" "stranger" {
  principal          = "222222222222"
  resource_share_arn = aws_ram_resource_share.hub.arn
}

resource "aws_vpc_endpoint" "queues" {
  vpc_id              = aws_vpc.shop.id
  service_name        = "com.amazonaws.eu-west-1.sqs"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [aws_subnet.private[0].id]
  private_dns_enabled = true
}

resource "aws_launch_template" "worker" {
  image_id      = data.aws_ssm_parameter.image.insecure_value
  instance_type = "t3.micro"
  metadata_options {
    http_tokens = "required"
  }
}

resource "aws_instance" "worker" {
  subnet_id = aws_subnet.private[0].id
  launch_template {
    id = aws_launch_template.worker.id
  }
  root_block_device {
    volume_size = 10
  }
}

resource "aws_spot_instance_request" "helper" {
  ami                  = data.aws_ssm_parameter.image.insecure_value
  instance_type        = "t3.micro"
  subnet_id            = aws_subnet.private[0].id
  wait_for_fulfillment = true
}

resource "aws_ebs_volume" "scratch" {
  availability_zone = local.zones[0]
  size              = 8
  type              = "gp3"
}

resource "aws_vpclattice_service_network" "shops" {
  name = "shops"
}

resource "aws_vpclattice_service" "orders" {
  name = "orders"
}

resource "aws_vpclattice_service_network_service_association" "orders" {
  service_identifier         = aws_vpclattice_service.orders.id
  service_network_identifier = aws_vpclattice_service_network.shops.id
}

resource "aws_vpclattice_service_network_vpc_association" "shop" {
  vpc_identifier             = aws_vpc.shop.id
  service_network_identifier = aws_vpclattice_service_network.shops.id
}

resource "aws_vpclattice_target_group" "workers" {
  name = "workers"
  type = "INSTANCE"
  config {
    vpc_identifier = aws_vpc.shop.id
    port           = 8080
    protocol       = "HTTP"
  }
}

resource "aws_vpclattice_listener" "orders" {
  name               = "orders"
  protocol           = "HTTP"
  service_identifier = aws_vpclattice_service.orders.id
  default_action {
    forward {
      target_groups {
        target_group_identifier = aws_vpclattice_target_group.workers.id
      }
    }
  }
}

resource "aws_ec2_network_insights_path" "out" {
  source      = aws_instance.worker.id
  destination = aws_internet_gateway.shop.id
  protocol    = "tcp"
}

resource "aws_ec2_network_insights_analysis" "out" {
  network_insights_path_id = aws_ec2_network_insights_path.out.id
  depends_on               = [aws_route.private, aws_route_table_association.private]
}

output "path_found" {
  value = aws_ec2_network_insights_analysis.out.path_found
}
